"""A descent that can be run again: from it come the maps and weights that were not recorded, when they are first read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deeplinear.simulate.forks import require_own_threads
from deeplinear.simulate.linear.problem import Batches, Problem, Trace
from deeplinear.simulate.linear.schedule import require_records

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.reduction import Reduction
    from deeplinear.simulate.linear.schedule import Schedule
    from deeplinear.weights import Weights

WIDE = 200  # from this hidden width on, moving weights in place beats the compiled loop on a CPU
SHORT = 100_000  # updates of a layer, at 10 µs each in place: compiling takes as long


def engine(problems: list[Problem], schedule: Schedule, batches: Batches | None, dtype: type) -> Trace:
    """Run narrow networks compiled and all together; wide ones, and short jobs, in place and one by one."""
    widest = max((w.shape[0] for w in problems[0].weights[:-1]), default=0)
    updates = len(problems) * np.size(schedule.rates) * int(schedule.records[-1]) * len(problems[0].weights)
    if widest < WIDE and updates > SHORT:
        from deeplinear.simulate.linear.compiled import run

        require_own_threads("descend")
    else:
        from deeplinear.simulate.linear.inplace import run
    return run(problems, schedule, batches, dtype)


@dataclass(frozen=True, eq=False)
class Descent:
    """What was run, and what was recorded; its methods, and not functions inside functions, so that runs can be pickled.

    Attributes:
        reductions: the starts.
        problems: the same as the engine sees them.
        schedule: rates and steps.
        batches: which examples each step sees; None for all.
        dtype: of the computation.
        trace: what was recorded of starts × rates, rates varying fastest.
        shape: batch axes of the result.
    """

    reductions: list[Reduction]
    problems: list[Problem]
    schedule: Schedule
    batches: Batches | None
    dtype: type
    trace: Trace
    shape: tuple[int, ...]

    def shaped(self, array: Array) -> Array:
        """With the batch axes of the result in place of one axis of runs."""
        return array.reshape(self.shape + array.shape[1:])

    def runs(self) -> list[tuple[Reduction, float]]:
        """Start and rate of each run."""
        return [(reduction, rate) for reduction in self.reductions for rate in np.atleast_1d(self.schedule.rates)]

    def again(self, **changes: object) -> Trace:
        """The same descent to its last recorded step, with other things read of it."""
        schedule = replace(self.schedule, records=self.trace.steps, **changes)
        return engine(self.problems, schedule, self.batches, self.dtype)

    def maps(self) -> Array:
        """End-to-end maps at the recorded steps, shape ``(..., T, n_out, n_in)``."""
        runs, steps = self.runs(), len(self.trace.steps)
        maps = prod((runs[0][0].widths[0], runs[0][0].widths[-1]))
        require_records("maps", len(runs) * steps, maps, "end-to-end maps")
        found = zip(runs, self.again(read_maps=True).reading, strict=True)
        return self.shaped(np.stack([reduction.lift_map(maps) for (reduction, _), maps in found]))

    def final(self) -> Weights:
        """Weights at the end, in full width."""
        trace = self.trace
        moved = np.where(trace.learned >= 0, trace.learned, trace.steps[-1])
        found = zip(self.runs(), trace.weights or self.again(keep_weights=True).weights, moved, strict=True)
        lifted = [r.lift(w, frozen_share(self.schedule, rate, int(steps))) for (r, rate), w, steps in found]
        return tuple(self.shaped(np.stack(layer)) for layer in zip(*lifted, strict=True))

    def path(self, steps: NDArray[np.intp]) -> Weights:
        """Weights of a single run after each of these steps, in full width."""
        from deeplinear.simulate.linear.inplace import single_run

        ((reduction, rate),), trace = self.runs(), self.trace
        asked, back = np.unique(steps, return_inverse=True)
        require_records("weights_at", len(asked), sum(w.size for w in reduction.full or ()), "weights")
        again = replace(self.schedule, records=np.union1d(asked, trace.steps[-1]), keep_path=True)
        passed = single_run(self.problems[0], float(rate), again, self.batches, self.dtype)
        at = np.minimum(np.searchsorted(passed.steps, asked), len(passed.steps) - 1)[back]
        shares = [frozen_share(self.schedule, rate, int(passed.steps[i])) for i in at]
        lifted = [reduction.lift(passed.weights[i], share) for i, share in zip(at, shares, strict=True)]
        return tuple(np.stack(layer) for layer in zip(*lifted, strict=True))


def frozen_share(schedule: Schedule, rate: float, steps: int) -> float:
    """What weight decay leaves of a weight that has no gradient: the optimiser applied to the number 1."""
    weight, velocity = 1.0, 0.0
    for _ in range(steps if schedule.weight_decay else 0):
        velocity = schedule.momentum * velocity - schedule.weight_decay * weight
        weight += rate * velocity
    return weight
