"""What a training is asked to do; checked here, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import optax
from numpy.typing import ArrayLike, NDArray

from deeplinear.arguments import choice, flag, real_number, whole_number
from deeplinear.messages import shown
from deeplinear.simulate.linear.schedule import MOST_UPDATES, learning_rates, precision, recorded_steps
from deeplinear.simulate.nonlinear.examples import Loss
from deeplinear.simulate.nonlinear.optimisers import OPTIMISERS, ROTATABLE, Optimiser, bare

if TYPE_CHECKING:
    from deeplinear.arrays import Array


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
    choice("train", "loss", loss, ("squared", "cross entropy"))
    choice("train", "reduction", reduction, ("sum", "mean"))
    choice("train", "stop", stop, ("first", "all"))
    dtype, reduce = precision("train", dtype), None if reduce is None else flag("train", "reduce", reduce)
    steps = whole_number("train", "steps", steps, 1, MOST_UPDATES, "it counts updates. Pass a whole number.")
    if batch is not None:
        batch = whole_number("train", "batch", batch, 1, advice="examples a step. Leave it out for all of them.")
    if until is not None:
        until = real_number("train", "until", until, "> 0", "no loss is below zero. Pass a reachable loss.")
    records = recorded_steps("train", steps, record)
    made, rates = meant(optimiser, rate)
    squared, rotatable = loss == "squared", optimiser in ROTATABLE if isinstance(optimiser, str) else None
    if reduce and not (squared and rotatable is not False):
        raise ValueError(
            f"train needs loss='squared' and an optimiser linear in the gradients for reduce=True, got loss={loss!r}, "
            f"optimiser={shown(optimiser)}: in other coordinates the steps would be others. Leave reduce out."
        )
    allowed = reduce is not False and rotatable is not False
    return Plan(
        made,
        rates,
        loss,  # type: ignore[arg-type]
        reduction == "mean",
        batch,
        records,
        -np.inf if until is None else until,
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
                f"train needs no rate beside an optax transformation, got rate={shown(rate)}: it has its own. Pass a function of "
                f"the rate, such as optax.adamw, to run several."
            )
        return bare(optimiser), np.array(np.nan)  # type: ignore[arg-type]
    if isinstance(optimiser, str):
        if optimiser not in OPTIMISERS:
            raise ValueError(
                f"train needs optimiser in {', '.join(OPTIMISERS)}, got optimiser={shown(optimiser)}: nothing is known by that "
                f"name. Pass an optax transformation, or a function from a rate to one."
            )
        optimiser = OPTIMISERS[optimiser]
    if not callable(optimiser):
        raise TypeError(
            f"train needs an optimiser, got optimiser={shown(optimiser)}: it turns gradients into steps. Pass 'sgd', 'adam' or an optax "
            f"transformation."
        )
    return optimiser, learning_rates("train", rate)
