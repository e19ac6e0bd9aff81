"""Descent of wide networks: one run after another, the weights updated where they lie.

A step reads every weight twice and writes it once, and at 1000 units that traffic is its whole cost. All products go
through SciPy's BLAS: NumPy carries a second BLAS with threads of its own, and alternating the two costs 2-7 times.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.linalg import get_blas_funcs

from deeplinear.simulate.linear.problem import Batches, Problem, Trace
from deeplinear.simulate.linear.schedule import Schedule
from deeplinear.weights import Weights, oriented


class Chain:
    """One network being trained, in panels of its narrow side.

    ``gemm`` speaks Fortran order, so it sees ``W.T`` where NumPy sees ``W``; panels are kept with their long side first.
    """

    def __init__(self, weights: Weights, momentum: float, weight_decay: float, dtype: type):
        self.weights = [np.array(w, dtype=dtype, order="C") for w in weights]
        self.velocity = [np.zeros_like(w) for w in self.weights] if momentum else None
        self.momentum, self.weight_decay = momentum, weight_decay
        self.gemm: Any = get_blas_funcs("gemm", dtype=dtype)
        self.above: list[Any] = [None] * len(weights)
        self.look_down()

    def look_down(self) -> None:
        """Products ``(W_L ⋯ W_{l+1})ᵀ`` above every layer, shape ``(n_l, d)``, and the end-to-end map."""
        product = np.eye(len(self.weights[-1]), dtype=self.weights[0].dtype)
        for level in range(len(self.weights) - 1, -1, -1):
            self.above[level] = product
            product = self.gemm(1.0, self.weights[level].T, product)
        self.end_to_end = product.T

    def step(self, error: Any, rate: float) -> None:
        """Carry the error up; every layer moves right after its panel was made from it, while it is still in cache."""
        panel = np.asfortranarray(error.T)
        for level, w in enumerate(self.weights):
            pushed = self.gemm(1.0, w.T, panel, trans_a=1)
            if self.velocity is not None:
                v = self.velocity[level]
                v *= self.momentum
                v -= self.weight_decay * w
                self.gemm(1.0, panel, self.above[level], trans_b=1, beta=1.0, c=v.T, overwrite_c=1)
                w += rate * v
            else:
                if self.weight_decay:
                    w *= 1.0 - rate * self.weight_decay
                self.gemm(rate, panel, self.above[level], trans_b=1, beta=1.0, c=w.T, overwrite_c=1)
            panel = pushed
        self.look_down()


def run(problems: list[Problem], schedule: Schedule, batches: Batches | None, dtype: type) -> Trace:
    """Descend from every start at every rate, one after another, in ``dtype``."""
    traces: list[Trace] = []
    for problem in problems:
        for rate in np.atleast_1d(schedule.rates):
            traces.append(single_run(problem, float(rate), schedule, batches, dtype))
            if schedule.stop == "first" and traces[-1].learned[0] >= 0:  # nobody needs to go on for longer than this
                end = traces[-1].steps[-1]
                schedule = replace(schedule, records=np.append(schedule.records[schedule.records < end], end))
    last = min(schedule.records[-1], max(t.steps[-1] for t in traces))
    steps = np.append(schedule.records[schedule.records < last], last)
    # a run that ended earlier holds its last record; a longer one is cut, at its last record before the common end
    at = [np.searchsorted(t.steps, steps, side="right") - 1 for t in traces]
    learned = np.concatenate([t.learned for t in traces])
    return Trace(
        steps,
        np.stack([t.excess[0, i] for t, i in zip(traces, at, strict=True)]),
        np.stack([t.reading[0, i] for t, i in zip(traces, at, strict=True)]),
        np.where(learned <= last, learned, -1),
        np.concatenate([t.diverged for t in traces]),
        [w for t in traces for w in t.weights],
    )


def single_run(problem: Problem, rate: float, schedule: Schedule, batches: Batches | None, dtype: type) -> Trace:
    """One run; returns a `Trace` of one."""
    mirrored = problem.mirrored
    chain = Chain(oriented(problem.weights, mirrored), schedule.momentum, schedule.weight_decay, dtype)
    wanted = set(schedule.records.tolist())
    records: list[tuple[int, float, Any]] = []
    path: list[Weights] = []
    learned = diverged = -1
    step = 0
    while True:
        end_to_end = oriented((chain.end_to_end,), mirrored)[0]
        with np.errstate(over="ignore", invalid="ignore"):
            excess = float(problem.excess(end_to_end))
        learned = step if excess < schedule.threshold else -1
        diverged = step if not excess <= schedule.bound else -1
        ended = learned >= 0 or diverged >= 0 or step == schedule.records[-1]
        if ended or step in wanted:
            with np.errstate(over="ignore", invalid="ignore"):
                strengths = np.einsum("ia,ij,ja->a", problem.u, end_to_end, problem.v, optimize=True)
            records.append((step, excess, end_to_end.copy() if schedule.read_maps else strengths))
            if schedule.keep_path:
                path.append(oriented(tuple(np.array(w, dtype=np.float64) for w in chain.weights), mirrored))
        if ended:
            break
        if batches is None:
            error = (problem.optimum - end_to_end) * problem.powers
        else:
            x, y = batches.x[batches.order[step]], batches.y[batches.order[step]]
            error = batches.scale * (y - x @ end_to_end.T).T @ x
        chain.step(oriented((error.astype(dtype),), mirrored)[0], rate)
        step += 1
    steps, losses, readings = zip(*records, strict=True)
    final = oriented(tuple(np.asarray(w, dtype=np.float64) for w in chain.weights), mirrored)
    return Trace(
        np.array(steps),
        np.array(losses)[None],
        np.array(readings, dtype=np.float64)[None],
        np.array([learned]),
        np.array([diverged]),
        path if schedule.keep_path else [final] if schedule.keep_weights else [],
    )
