"""Discrete full-batch gradient descent, at any width, from sufficient statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag
from deeplinear.reduction import Reduction
from deeplinear.reduction.subspaces import reduced, unreduced
from deeplinear.simulate.linear.problem import Batches, Problem
from deeplinear.simulate.linear.rerun import Descent, engine
from deeplinear.simulate.linear.run import Run
from deeplinear.simulate.linear.schedule import Schedule, precision, require_records, scheduled
from deeplinear.task import Task, a_task
from deeplinear.weights import checked, end_to_end

Start = Sequence[ArrayLike] | Reduction

OUT_OF_BOUNDS = 1e6  # times the larger of the first excess loss and that of the zero map: diverged


def descend(
    task: Task,
    weights: Start | Sequence[Start],
    *,
    rate: ArrayLike,
    steps: int | None = None,
    until: float | None = None,
    stop: Literal["first", "all"] = "all",
    record: int | ArrayLike | None = None,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    reduce: bool = True,
    dtype: type[np.float64] | type[np.float32] = np.float64,
) -> Run:
    """Train a deep linear network by gradient descent, and say what was learned when.

    Takes the steps ``W_l ← W_l + η W_{L:l+1}ᵀ (Σ³¹ − W Σ¹¹) W_{l-1:1}ᵀ`` themselves, not their continuous limit. The
    cost does not depend on the number of examples. Where the network moves inside small invariant subspaces
    (orthogonal, decoupled or balanced starts) it does not depend on the width either: a narrow network is run, exactly,
    and lifted back when its weights are read.

    Args:
        task: what to learn.
        weights: the start ``(W1, …, WL)``, or a `Reduction` sampled directly by ``deeplinear.initial``; or a list of
            such starts of equal shapes (seeds), run together.
        rate: learning rate η > 0, or several, shape ``(rates,)``, run together.
        steps: how many steps; with ``until`` the most there may be (100 000 if not given).
        until: a run ends when its loss is below this, ``> task.floor``.
        stop: with ``until`` and a batch, all end when the ``"first"`` run does, or each for itself (``"all"``).
        record: record every so many steps, or at these steps; if not given every step, or 1000 points of a longer run.
        momentum: heavy-ball momentum, in [0, 1).
        weight_decay: adds ``½ weight_decay Σ‖W_l‖²`` to what is descended, not to the recorded loss; ``>= 0``.
        reduce: False runs the network at its full width.
        dtype: ``np.float64``, switched on for this call only, or ``np.float32``: half the time for wide networks, and
            losses only to 1e-7 of the first.

    Returns:
        A `Run`: a `Curve` with times = steps, and ``learned_at``, ``diverged_at``, ``reduction``, ``weights``.

    Raises:
        ValueError: an argument out of range, weights that do not fit, or a single run that diverged. In a batch,
            divergence is reported in ``diverged_at`` instead.
        TypeError: no task.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (1) and (13) and appendix C.

    Example:
        >>> import deeplinear as dl
        >>> task = dl.Task.from_modes([4.0, 2.0])
        >>> run = dl.descend(task, dl.initial.decoupled(task, [2, 50, 2], rng=0), rate=0.01, steps=800)
        >>> run.strengths[-1].round(4)
        array([4., 2.])
    """
    a_task("descend", task)
    asked = {"rate": rate, "steps": steps, "until": until, "stop": stop, "record": record}
    schedule = scheduled(task, "descend", **asked, momentum=momentum, weight_decay=weight_decay)
    reduce = flag("descend", "reduce", reduce)
    seeds = is_batch(weights)
    starts: list[Any] = list(weights) if seeds else [weights]  # type: ignore[arg-type]
    found = [prepared(task, start, reduce=reduce) for start in starts]
    return performed(task, found, schedule, seeds=seeds, dtype=precision("descend", dtype), name="gradient descent")


def is_batch(weights: Any) -> bool:
    """Whether this is a list of starts rather than one start; a layer may itself be nested lists."""

    def is_start(item: Any) -> bool:
        return isinstance(item, Reduction) or (
            isinstance(item, tuple | list) and len(item) > 0 and np.ndim(item[0]) == 2
        )

    return isinstance(weights, Sequence) and any(map(is_start, weights))


def prepared(task: Task, start: Start, *, reduce: bool = True, any_data: bool = False) -> Reduction:
    """A start as a `Reduction`, found, trivial, or as it was sampled."""
    if isinstance(start, Reduction):
        if start.task is not task:
            raise ValueError(
                "descend needs a start sampled for this very task, got a Reduction of another: its subspaces would not "
                "hold this one's data. Sample it again with this task."
            )
        return start
    full = checked(start, task)
    return reduced(task, full, any_data=any_data) if reduce else unreduced(task, full)


def performed(
    task: Task,
    found: list[Reduction],
    schedule: Schedule,
    *,
    seeds: bool,
    dtype: type,
    name: str,
    batches: Batches | None = None,
) -> Run:
    """Run all starts at all rates and dress the trace as a `Run`."""
    if len({(r.widths, r.reduced_widths) for r in found}) > 1:
        raise ValueError(
            f"descend needs starts that move in equally large subspaces, got widths "
            f"{sorted({r.reduced_widths for r in found})}: they run as one batch. Pass them in separate calls."
        )
    problems = [Problem.inside(r) for r in found]
    rates = np.atleast_1d(schedule.rates)
    reach = max(float(p.excess(w)) for p in problems for w in (end_to_end(p.weights), np.zeros_like(p.optimum)))
    schedule = replace(schedule, bound=OUT_OF_BOUNDS * reach, keep_weights=len(found) * rates.size == 1)
    require_records("descend", len(found) * rates.size * len(schedule.records), task.modes.s.size + 1, "strengths")
    trace = engine(problems, schedule, batches, dtype)
    shape = (len(found),) * seeds + rates.shape * schedule.rates.ndim
    descent = Descent(found, problems, schedule, batches, dtype, trace, shape)
    shaped = descent.shaped
    diverged = trace.diverged >= 0
    if diverged.any() and not shape:
        raise ValueError(
            f"descend needs a stable rate, got rate={rates[0]:.6g}: the loss diverged at step "
            f"{trace.diverged[0]}. Pass a smaller rate (deeplinear.curvature.largest_stable_rate says how small), or a list "
            f"of rates to see where it breaks."
        )
    lost = diverged[:, None] & (trace.steps >= trace.diverged[:, None])
    return Run(
        times=trace.steps.astype(np.float64),
        loss=shaped(np.where(lost, np.inf, task.floor + trace.excess)),
        strengths=shaped(trace.reading),
        targets=task.targets,
        name=name,
        map_source=descent.maps,
        rates=schedule.rates,
        learned_at=shaped(np.where(trace.learned >= 0, trace.learned, np.nan)),
        diverged_at=shaped(np.where(diverged, trace.diverged, np.nan)),
        reduction=tuple(found) if seeds else found[0],
        weight_source=descent.final,
        path_source=descent.path if schedule.keep_weights else None,
    )
