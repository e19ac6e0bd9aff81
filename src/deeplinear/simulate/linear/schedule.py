"""How far to descend and what to note on the way; checked here, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.arguments import choice, real_number, whole_number
from deeplinear.arrays import real_array
from deeplinear.memory import require_memory
from deeplinear.messages import shown

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.task import Task

MOST_RECORDS = 1000  # points kept of a longer run, unless others are asked for
MOST_UPDATES = 10**15  # steps that can be counted
MOST_STEPS = 100_000  # where only a threshold is given


@dataclass(frozen=True, eq=False)
class Schedule:
    """What a descent is asked to do.

    Attributes:
        rates: learning rates, shape ``()`` or ``(rates,)``.
        records: steps at which to record, shape ``(T,)``, ascending, first 0.
        threshold: excess loss (above the floor) below which a run has learned; −inf for none.
        stop: end when the ``"first"`` or ``"all"`` of the runs have learned or diverged.
        momentum: heavy-ball momentum.
        weight_decay: L2 penalty.
        bound: excess loss beyond which a run counts as diverged.
        read_maps: record end-to-end maps instead of strengths.
        keep_weights: hand back the final weights.
        keep_path: hand back the weights at each record instead, of one run.
    """

    rates: Array
    records: NDArray[np.intp]
    threshold: float
    stop: Literal["first", "all"]
    momentum: float
    weight_decay: float
    bound: float = np.inf
    read_maps: bool = False
    keep_weights: bool = True
    keep_path: bool = False


def scheduled(
    task: Task,
    function: str,
    *,
    rate: ArrayLike,
    steps: int | None,
    until: float | None,
    stop: Literal["first", "all"],
    record: int | ArrayLike | None,
    momentum: float,
    weight_decay: float,
) -> Schedule:
    """A `Schedule` from what the user asked of ``function``, whose docstring explains the arguments.

    Raises:
        ValueError: an argument out of range.
    """
    rates = learning_rates(function, rate)
    if steps is None and until is None:
        raise ValueError(f"{function} needs steps or until, got neither: it would never end. Pass steps=1000.")
    given = MOST_STEPS if steps is None else steps
    last = whole_number(function, "steps", given, 1, MOST_UPDATES, "it counts updates. Pass for example 1000.")
    if until is not None:
        until = real_number(function, "until", until, "> 0 or infinite", "it is a loss. Pass a small positive number.")
        if not until > task.floor:
            raise ValueError(
                f"{function} needs until > {task.floor:.6g}, got until={until!r}: no linear map has less loss than that. "
                f"Pass a threshold between task.floor and the first loss."
            )
    choice(function, "stop", stop, ("first", "all"), "It says which run ends the batch.")
    momentum = real_number(function, "momentum", momentum, "0 <= · < 1", "at 1 nothing decays. Try 0.9.")
    advice = "weights would grow. Pass 0.0."
    weight_decay = real_number(function, "weight_decay", weight_decay, ">= 0", advice)
    threshold = -np.inf if until is None else until - task.floor
    records = recorded_steps(function, last, record)
    return Schedule(rates, records, threshold, stop, momentum, weight_decay)


def learning_rates(function: str, rate: ArrayLike | None) -> Array:
    """Learning rates, shape ``()`` or ``(rates,)``.

    Raises:
        ValueError: one that is not positive, none at all, or more than one axis.
    """
    advice = "only a positive rate descends. Pass one positive number or a list."
    rates = real_array(function, "rate", rate, "> 0", advice, ndim=(0, 1))
    if rates.size == 0:
        raise ValueError(f"{function} needs a finite rate > 0, got rate={shown(rate)}: {advice}")
    return rates


def precision(function: str, dtype: Any) -> type[np.floating[Any]]:
    """float64 or float32, the two that descent learns in.

    Raises:
        ValueError: another type, or none.
    """
    advice = "shorter floats lose small updates and other types lose all of them. Pass np.float64 or np.float32."
    try:
        found = np.dtype(dtype) if dtype is not None else None
    except TypeError:
        found = None
    if found is None or found not in (np.dtype(np.float64), np.dtype(np.float32)):
        raise ValueError(f"{function} needs dtype np.float64 or np.float32, got dtype={shown(dtype)}: {advice}")
    return found.type


def require_records(function: str, records: int, numbers: int, what: str) -> None:
    """Refuse records that would not fit: so many times so many numbers, twice while they are put together."""
    require_memory(function, 16.0 * records * numbers, f"{what} at {records} records", "Record fewer steps.")


def require_order(function: str, steps: int, batch: int) -> None:
    """Refuse batches whose examples could not be listed, twice while they are put together."""
    what = f"the examples of {steps} batches of {batch}"
    require_memory(
        function, 16.0 * steps * batch, what, "Take fewer steps, or go on from the weights in a second call."
    )


def recorded_steps(function: str, steps: int, record: int | ArrayLike | None) -> NDArray[np.intp]:
    """Steps to record: all up to `MOST_RECORDS`, then evenly spaced, unless told; 0 and the end always."""
    if record is None:
        wanted = np.linspace(0, steps, min(steps, MOST_RECORDS) + 1).round()
    else:
        wanted = real_array(function, "record", record, ">= 0", "it says when to note the loss. Leave it out.")
        if wanted.ndim == 0 and wanted >= 1 and wanted == wanted.round():
            require_records(function, steps // int(wanted) + 1, 2, "steps")
            wanted = np.arange(0, steps + 1, int(wanted))
        if wanted.ndim != 1 or (wanted < 0).any() or (wanted > steps).any() or (wanted != wanted.round()).any():
            raise ValueError(
                f"{function} needs record to be a whole number >= 1 or whole steps from 0 to {steps}, got record={shown(record)}: "
                f"it says when to note the loss. Leave it out for about {MOST_RECORDS} points."
            )
    return np.unique(np.concatenate([[0], wanted, [steps]]).astype(np.intp))
