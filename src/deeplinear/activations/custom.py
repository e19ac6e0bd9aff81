"""Any function of one array as an activation, with derivatives by automatic differentiation or finite differences."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.activations.activation import Activation, Function
from deeplinear.activations.differences import differences
from deeplinear.activations.logarithm import log_of
from deeplinear.arrays import real_array

if TYPE_CHECKING:
    from deeplinear.arrays import Array

PROBE = np.array([-2.7, -1.3, -0.4, 0.2, 0.9, 1.6, 3.1])
MOST_COMPILED = 48  # functions whose compiled code is held, three for each activation: up to 7 MiB each
RECENT: OrderedDict[int, Any] = OrderedDict()  # those, the last used at the end
NEAR = 0.005  # one-sided stencils at 0 end here


def custom(
    function: Callable[[Any], Any], kinks: Sequence[float] = (), log_derivative: Function | None = None
) -> Activation:
    """An `Activation` from any function that works elementwise on an array, written with NumPy or with JAX.

    Where JAX can trace the function, its derivatives are automatic and exact to rounding; else they are finite differences of
    eighth order on either side of the kinks, right to about 1e-11 (φ') and 1e-9 (φ'') for functions that vary over lengths of
    about 1. ``.derivatives`` says which. Functions that JAX cannot trace serve theory, not training.

    Args:
        function: φ, from an array to an array of the same shape.
        kinks: places where φ or a derivative jumps. One at 0 is found where it was not named; means over pre-activations
            refuse others that were not.
        log_derivative: ``ln |φ'|``, elementwise. Without it the logarithm of φ' is taken, and refused where rounding left
            fewer than three digits of φ'.

    Raises:
        TypeError: the function does not take arrays.
        ValueError: its values have another shape, are not real and finite, or depend on the other entries; bad kinks.

    Example:
        >>> cubic = custom(lambda x: x - x**3 / 3)
        >>> cubic.derivatives, cubic.second(2.0).round(9)
        ('automatic differentiation', np.float64(-4.0))
    """
    places = real_array(
        "custom", "kinks", kinks, "finite", "they are places on the line. Pass for example (0.0,).", ndim=1
    )
    breaks = tuple(np.sort(places).tolist())
    name = getattr(function, "__name__", type(function).__name__).strip("<>")
    plain, traces = evaluated(function, name), traceable(function)
    if 0.0 not in breaks and jumps_at_zero(plain, breaks):
        breaks = tuple(sorted((*breaks, 0.0)))
    if traces:
        first, second = automatic(function)
    else:
        first, second = differences(plain, breaks)
    made = Activation(
        name=name,
        function=plain,
        derivative=first,
        second=second,
        twin=function if traces else untraced(name),
        kinks=breaks,
        derivatives="automatic differentiation" if traces else "finite differences",
        log_derivative=log_derivative or log_of(plain, first, second, kinks=breaks, name=name),
    )
    object.__setattr__(made, "recipe", (custom, function, tuple(kinks), log_derivative))
    return made


def evaluated(function: Callable, name: str) -> Function:
    """φ on float64 arrays, once it has shown that it is elementwise."""
    import jax

    padded = in_blocks(function)

    def plain(x: Array) -> Array:
        with jax.enable_x64(True):  # JAX functions would round to float32; NumPy ones do not notice
            return np.asarray(padded(x) if compiled else function(np.asarray(x, dtype=np.float64)))

    compiled = False
    try:
        with jax.enable_x64(True):
            compiled = isinstance(function(PROBE), jax.Array)
        values, alone = plain(PROBE), np.array([np.ravel(plain(PROBE[i : i + 1]))[0] for i in range(PROBE.size)])
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise TypeError(
            f"custom needs a function of one array, got {name}, which fails on an array of {PROBE.size} numbers: {error}. "
            f"Write it with numpy or jax.numpy, or wrap it in numpy.vectorize."
        ) from error
    if values.shape != PROBE.shape or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise ValueError(
            f"custom needs a function with one finite real value for each entry, got shape {values.shape}, dtype {values.dtype} "
            f"from {name} on {PROBE.size} numbers: it is applied to every unit. Pass a function of one array."
        )
    if not np.allclose(values, alone, rtol=1e-6, atol=1e-12):
        raise ValueError(
            f"custom needs an elementwise function, got {name}: its value at one entry changes with the others, as softmax does. "
            f"Pass a function of each entry alone."
        )
    return plain


def jumps_at_zero(plain: Function, kinks: Sequence[float]) -> bool:
    """Whether φ, φ' or φ'' differ on the two sides of 0; so they seem to where φ varies over lengths below 0.01."""
    sides, ends = np.array([-1e-12, 1e-12]), np.array([-NEAR, NEAR])
    with np.errstate(all="ignore"):
        slope, bend = differences(plain, sorted({-NEAR, 0.0, NEAR, *kinks}))
        jumps = np.abs(np.diff([plain(sides), NEAR * slope(sides), NEAR**2 * bend(sides)]))
        rounding = 1e-9 * np.abs(plain(ends)).max() + 1e-15 * np.abs(plain(PROBE)).max()
    return not (jumps <= rounding).all()


def traceable(function: Callable) -> bool:
    """Whether JAX can follow the function."""
    import jax

    try:
        with jax.enable_x64(True):
            shape = jax.ShapeDtypeStruct((4,), np.float64)
            return jax.eval_shape(lambda x: function(x), shape).shape == (
                4,
            )  # a bare ufunc, seen twice, ends the process
    except Exception:  # whatever NumPy code raises on a tracer: the function itself has already passed on numbers
        return False


def automatic(function: Callable) -> tuple[Function, Function]:
    """φ' and φ'' by forward differentiation."""
    import jax
    import jax.numpy as jnp

    def slope(f: Callable) -> Callable:
        return lambda x: jax.jvp(f, (x,), (jnp.ones_like(x),))[1]

    return in_blocks(slope(function)), in_blocks(slope(slope(function)))


def in_blocks(function: Callable) -> Function:
    """Compiled for sizes that are powers of two: quadratures ask for many different ones."""

    @cache
    def compiled() -> Callable:
        import jax

        return jax.jit(function)

    def padded(x: Array) -> Array:
        import jax

        x = np.asarray(x, dtype=np.float64)
        size = max(64, 1 << max(x.size - 1, 0).bit_length())
        flat = np.ones(size)
        flat[: x.size] = x.ravel()
        with jax.enable_x64(True):
            return np.asarray(used(compiled())(flat))[: x.size].reshape(x.shape)[()]

    return padded


def used(compiled: Any) -> Callable:
    """A compiled function that is about to be called; the code of the one that has not been for longest is dropped.

    JAX would keep the code of every function that it ever saw. One that is called again is compiled again.
    """
    RECENT[id(compiled)] = compiled
    RECENT.move_to_end(id(compiled))
    while len(RECENT) > MOST_COMPILED:
        RECENT.popitem(last=False)[1].clear_cache()
    return compiled


def untraced(name: str) -> Callable:
    """Stands in for the JAX twin of a function that JAX cannot trace."""

    def twin(x: Any) -> Any:
        raise TypeError(
            f"training needs an activation that JAX can trace, got {name}: it was written for NumPy arrays only. "
            f"Write it with jax.numpy."
        )

    return twin
