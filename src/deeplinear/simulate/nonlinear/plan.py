"""What a training is asked to do; checked here, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import optax
from numpy.typing import ArrayLike, NDArray

from deeplinear.simulate.nonlinear.examples import Loss
from deeplinear.simulate.nonlinear.optimisers import OPTIMISERS, ROTATABLE, Optimiser, bare
from deeplinear.simulate.schedule import recorded_steps

if TYPE_CHECKING:
    from deeplinear.task import Array


@dataclass(frozen=True, eq=False)
class Plan:
    """How to train.

    Attributes:
        optimiser: from a rate to an optax transformation.
        rates: shape ``()`` or ``(rates,)``.
        loss: on one example.
        mean: divide by the number of examples instead of summing.
        batch: examples a step; None for all.
        records: steps at which to record, ascending, first 0.
        until: loss below which a run has learned; −inf for none.
        stop: end when the ``"first"`` of the runs has learned, or when ``"all"`` have learned or diverged.
        reduce_outputs: whether the output side may be reduced; likewise ``reduce_inputs``.
        dtype: of the computation.
    """

    optimiser: Optimiser
    rates: Array
    loss: Loss
    mean: bool
    batch: int | None
    records: NDArray[np.intp]
    until: float
    stop: Literal["first", "all"]
    reduce_outputs: bool
    reduce_inputs: bool
    dtype: type


def planned(
    *,
    optimiser: Any,
    rate: ArrayLike | None,
    steps: int,
    batch: int | None,
    loss: str,
    reduction: str,
    record: int | ArrayLike | None,
    until: float | None,
    stop: str,
    reduce: bool | None,
    dtype: type,
) -> Plan:
    """A `Plan` from what the user asked of `deeplinear.train`, whose docstring explains the arguments.

    Raises:
        ValueError: an argument out of range.
        TypeError: something that is no optimiser.
    """
    for name, value, known in (
        ("loss", loss, ("squared", "cross entropy")),
        ("reduction", reduction, ("sum", "mean")),
        ("stop", stop, ("first", "all")),
    ):
        if value not in known:
            raise ValueError(
                f"train needs {name} in {', '.join(known)}, got {name}={value!r}: nothing else is known. Pick one of those."
            )
    if np.dtype(dtype) not in (np.float64, np.float32):
        raise ValueError(f"train needs dtype np.float64 or np.float32, got dtype={dtype!r}: fewer digits do not train.")
    if not isinstance(steps, int | np.integer) or isinstance(steps, bool) or steps < 1:
        raise ValueError(f"train needs steps >= 1, got steps={steps!r}: it counts updates. Pass a whole number.")
    if batch is not None and (not isinstance(batch, int | np.integer) or isinstance(batch, bool) or batch < 1):
        raise ValueError(f"train needs batch >= 1, got batch={batch!r}: examples a step. Leave it out for all of them.")
    if until is not None and not until > 0:
        raise ValueError(f"train needs until > 0, got until={until!r}: no loss is below zero. Pass a reachable loss.")
    records = recorded_steps("train", int(steps), record)
    made, rates = meant(optimiser, rate)
    squared, rotatable = loss == "squared", optimiser in ROTATABLE if isinstance(optimiser, str) else None
    if reduce and not (squared and rotatable is not False):
        raise ValueError(
            f"train needs loss='squared' and an optimiser linear in the gradients for reduce=True, got loss={loss!r}, "
            f"optimiser={optimiser!r}: in other coordinates the steps would be others. Leave reduce out."
        )
    allowed = reduce is not False and rotatable is not False
    return Plan(
        made,
        rates,
        loss,  # type: ignore[arg-type]
        reduction == "mean",
        None if batch is None else int(batch),
        records,
        -np.inf if until is None else float(until),
        stop,  # type: ignore[arg-type]
        allowed and squared and (bool(rotatable) or reduce is True),
        allowed and bool(rotatable),  # decay inside a transformation of the user's would move what is frozen
        dtype,
    )


def meant(optimiser: str | Callable | optax.GradientTransformation, rate: ArrayLike | None) -> tuple[Optimiser, Array]:
    """The optimiser as a function of a rate, and the rates."""
    if isinstance(optimiser, tuple) and hasattr(optimiser, "update"):
        if rate is not None:
            raise ValueError(
                f"train needs no rate beside an optax transformation, got rate={rate!r}: it has its own. Pass a function of "
                f"the rate, such as optax.adamw, to run several."
            )
        return bare(optimiser), np.array(np.nan)  # type: ignore[arg-type]
    if isinstance(optimiser, str):
        if optimiser not in OPTIMISERS:
            raise ValueError(
                f"train needs optimiser in {', '.join(OPTIMISERS)}, got optimiser={optimiser!r}: nothing is known by that "
                f"name. Pass an optax transformation, or a function from a rate to one."
            )
        optimiser = OPTIMISERS[optimiser]
    if not callable(optimiser):
        raise TypeError(
            f"train needs an optimiser, got {optimiser!r}: it turns gradients into steps. Pass 'sgd', 'adam' or an optax "
            f"transformation."
        )
    rates = np.asarray(np.nan if rate is None else rate, dtype=np.float64)
    if rates.ndim > 1 or rates.size == 0 or not (np.isfinite(rates) & (rates > 0)).all():
        raise ValueError(
            f"train needs rate > 0, got rate={rate!r}: nothing else goes downhill. Pass one positive number or a list."
        )
    return optimiser, rates
