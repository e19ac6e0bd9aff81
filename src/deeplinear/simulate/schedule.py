"""How far to descend and what to note on the way; checked here, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from deeplinear.task import Array, Task

MOST_RECORDS = 1000  # points kept of a longer run, unless others are asked for
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
    rates = np.asarray(rate, dtype=np.float64)
    if rates.ndim > 1 or rates.size == 0 or not (np.isfinite(rates) & (rates > 0)).all():
        raise ValueError(
            f"{function} needs rate > 0, got rate={rate!r}: nothing else goes downhill. Pass one positive number or a list."
        )
    if steps is None and until is None:
        raise ValueError(f"{function} needs steps or until, got neither: it would never end. Pass steps=1000.")
    last = MOST_STEPS if steps is None else steps
    if not isinstance(last, int | np.integer) or last < 1:
        raise ValueError(f"{function} needs steps >= 1, got steps={steps!r}: it counts updates. Pass a whole number.")
    if until is not None and not until > task.floor:
        raise ValueError(
            f"{function} needs until > {task.floor:.6g}, got until={until!r}: no linear map has less loss than that. "
            f"Pass a threshold between task.floor and the first loss."
        )
    if stop not in ("first", "all"):
        raise ValueError(f"{function} needs stop in first, all, got stop={stop!r}: it says which run ends the batch.")
    if not 0 <= momentum < 1:
        raise ValueError(
            f"{function} needs 0 <= momentum < 1, got momentum={momentum!r}: at 1 nothing decays. Try 0.9."
        )
    if not (weight_decay >= 0 and np.isfinite(weight_decay)):
        raise ValueError(
            f"{function} needs weight_decay >= 0, got weight_decay={weight_decay!r}: weights would grow. Pass 0.0."
        )
    threshold = -np.inf if until is None else until - task.floor
    records = recorded_steps(function, int(last), record)
    return Schedule(rates, records, threshold, stop, float(momentum), float(weight_decay))


def recorded_steps(function: str, steps: int, record: int | ArrayLike | None) -> NDArray[np.intp]:
    """Steps to record: all up to `MOST_RECORDS`, then evenly spaced, unless told; 0 and the end always."""
    if record is None:
        wanted = np.linspace(0, steps, min(steps, MOST_RECORDS) + 1).round()
    else:
        wanted = np.asarray(record)
        if wanted.ndim == 0 and wanted >= 1 and wanted == wanted.round():
            wanted = np.arange(0, steps + 1, int(wanted))
        if wanted.ndim != 1 or (wanted < 0).any() or (wanted > steps).any() or (wanted != wanted.round()).any():
            raise ValueError(
                f"{function} needs record to be a whole number >= 1 or whole steps from 0 to {steps}, got record={record!r}: "
                f"it says when to note the loss. Leave it out for about {MOST_RECORDS} points."
            )
    return np.unique(np.concatenate([[0], wanted, [steps]]).astype(np.intp))
