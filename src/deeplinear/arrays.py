"""What users pass as arrays, read in one way: converted once to float64, or refused in the words of the function they called."""

from __future__ import annotations

import decimal
import numbers
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.messages import article, shown

Array = NDArray[np.float64]

NUMBERS = (numbers.Real, decimal.Decimal, np.bool_)
CONDITIONS: dict[str, Callable[[Any], Any]] = {
    "real": lambda x: np.ones(np.shape(x), dtype=bool),
    "not NaN": lambda x: ~np.isnan(x),
    "finite": np.isfinite,
    "> 0": lambda x: (x > 0) & (x < np.inf),
    ">= 0": lambda x: (x >= 0) & (x < np.inf),
    ">= 0 or infinite": lambda x: x >= 0,
    "> 0 or infinite": lambda x: x > 0,
    "!= 0": lambda x: np.isfinite(x) & (x != 0),
    "0 < · < 1": lambda x: (x > 0) & (x < 1),
    "1e-13 <= · < 1": lambda x: (x >= 1e-13) & (x < 1),
    "0 <= · < 1": lambda x: (x >= 0) & (x < 1),
    "0 < · <= 1": lambda x: (x > 0) & (x <= 1),
    "0 <= · <= 1": lambda x: (x >= 0) & (x <= 1),
    "-1 <= · <= 1": lambda x: (x >= -1) & (x <= 1),
    "0 <= · <= 0.5": lambda x: (x >= 0) & (x <= 0.5),
}


def real_array(
    function: str,
    name: str,
    value: ArrayLike | None,
    condition: str = "finite",
    advice: str = "one such value would spoil the result. Drop or fill it.",
    *,
    ndim: int | tuple[int, ...] | None = None,
    need: str = "",
) -> Array:
    """Numbers as float64: lists, data frames and series, torch and JAX arrays, any real dtype and byte order.

    Args:
        function: that the user called, for messages.
        name: of the argument.
        value: as passed.
        condition: that every number must meet, a key of `CONDITIONS`.
        advice: why the condition is there and what to do, for its message.
        ndim: how many axes there may be; any number if None.
        need: what is needed, in words, where the condition alone does not say it.

    Returns:
        The numbers, of the shape they came in; the very array where that was float64 already.

    Raises:
        ValueError: masked or missing cells, complex numbers, text, dates, ragged rows, a wrong number of axes, or numbers
            that do not meet the condition.
    """
    wanted = f"{function} needs {need or requirement(name, condition)}, got {name}="
    array = as_float(wanted, value)
    if not CONDITIONS[condition](array).all():
        first = float(array[~CONDITIONS[condition](array)][0])
        raise ValueError(f"{wanted}{repr(first) if array.ndim else shown(value)}: {advice}")
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if allowed is not None and array.ndim not in allowed:
        axes = " or ".join(map(str, allowed))
        raise ValueError(
            f"{function} needs {name} with {axes} {'axis' if axes == '1' else 'axes'}, got {name}={shown(value)} with "
            f"{array.ndim}: rows and columns mean different things. Reshape it."
        )
    return array


RESCALE = "Pass numbers below 1e308"
CONVERT = "Pass numbers, or encode text as one-hot rows"


def as_float(wanted: str, value: Any) -> Array:
    """Real numbers as float64, NaN and infinities included; arguments as `as_numpy`, errors as `real_array`."""
    found = as_numpy(wanted, value)
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            return np.asarray(found, dtype=np.float64)
        except (OverflowError, TypeError, ValueError) as error:
            raise refusal(wanted, value, f"float64 cannot hold it ({first_line(error)})", RESCALE) from error


def as_numpy(wanted: str, value: Any) -> NDArray[Any]:
    """A NumPy array of real numbers of any dtype, without a copy where there need be none; errors as `real_array`.

    Args:
        wanted: how the message begins, up to ``got x=``.
        value: as passed.
    """
    value = plain(wanted, value)
    if hasattr(value, "toarray"):
        raise refusal(wanted, value, "it is sparse", "Pass .toarray()")
    try:
        array = np.asarray(value)
    except Exception as error:  # whatever a foreign container raises: ragged rows, traced arrays, units
        raise refusal(wanted, value, f"it is no array ({first_line(error)})", CONVERT) from error
    kind = array.dtype.kind
    if kind in "biuf":
        return array
    if kind == "O" and array.size and all(isinstance(cell, NUMBERS) for cell in array.flat):
        return array
    if kind == "V" and array.dtype.names is None and np.can_cast(array.dtype, np.float64):
        return array  # bfloat16
    raise refusal(wanted, value, *problem(array, value))


def moduli(function: str, name: str, value: Any) -> Array:
    """Absolute values of real or complex numbers; errors as `real_array`."""
    try:
        complex_ones = np.asarray(value).dtype.kind == "c"
    except Exception:  # as `as_numpy`, which says what is wrong
        complex_ones = False
    return np.abs(real_array(function, name, np.abs(value) if complex_ones else value, "not NaN", "it is no place."))


def plain(wanted: str, value: Any) -> Any:
    """Something that NumPy reads without losing a mask or asking for a gradient; errors as `real_array`."""
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.is_masked(value):
            count = int(np.ma.getmaskarray(value).sum())
            why = f"{count} of its cells {'are' if count > 1 else 'is'} masked, and a mask would be lost"
            raise refusal(wanted, value, why, "Drop these rows, or fill them with .filled(...)")
        return value.data
    if hasattr(value, "detach"):  # torch, whose tensors refuse to become arrays while they carry a gradient
        value = value.detach()
        return value.cpu() if hasattr(value, "cpu") else value
    if isinstance(value, list | tuple) and any(not issubclass(each, NUMBERS) for each in set(map(type, value))):
        return [plain(wanted, each) for each in value]
    return value


def problem(array: NDArray[Any], value: Any) -> tuple[str, str]:
    """Why something is no array of real numbers, and what to do."""
    if array.dtype.kind == "c":
        return "it is complex, and imaginary parts would be lost", "Pass .real if the imaginary parts are rounding"
    if array.dtype.kind in "mM":
        return "it holds dates or durations", "Pass numbers, for example seconds"
    if array.dtype.kind in "SU" or any(isinstance(cell, str | bytes) for cell in array.flat):
        return "it holds text, even where the text looks like a number", CONVERT
    if array.ndim == 0:
        more = "Pass its .weights" if hasattr(value, "weights") else "Pass a NumPy array, a list or a data frame"
        return f"a {type(value).__name__} is no array", more
    if array.size == 0:
        return "it is empty", "Pass at least one number"
    first = next(cell for cell in array.flat if not isinstance(cell, NUMBERS))
    return f"it holds {shown(first)}, which is no number", "Drop or fill missing cells, and encode text as one-hot rows"


def refusal(wanted: str, value: Any, why: str, remedy: str) -> ValueError:
    """The error for what is no array of real numbers."""
    return ValueError(f"{wanted}{shown(value)}: {why}. {remedy}.")


OR_INFINITE = " or infinite"
NAMED = {"real": "real numbers", "finite": "{a}finite {name}", "not NaN": "{name} that is not NaN"}


def requirement(name: str, condition: str) -> str:
    """A condition in words: ``"0 < p < 1"`` from ``"0 < · < 1"``, ``"a finite s >= 0"`` from ``">= 0"``."""
    if "·" in condition:
        return condition.replace("·", name)
    a = article(name)
    if condition in NAMED:
        return NAMED[condition].format(name=name, a=a)
    if condition.endswith(OR_INFINITE):
        return f"{name} {condition.removesuffix(OR_INFINITE)}"
    return f"{a}finite {name} {condition}"


def refuse(function: str, need: str, name: str, value: Array, bad: ArrayLike, advice: str) -> None:
    """Raise the error of this package, naming the first offending value, if any is bad."""
    if np.any(bad):
        first = float(value.ravel()[int(np.argmax(bad))])
        raise ValueError(f"{function} needs {need}, got {name}={first!r}: {advice}")


def first_line(error: BaseException) -> str:
    """What a foreign error says, bounded."""
    lines: Iterable[str] = str(error).strip().splitlines() or [type(error).__name__]
    return next(iter(lines))[:80].rstrip(".")
