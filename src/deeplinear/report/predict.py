"""A prediction for a task before it is run: when its modes are learned, and the largest stable learning rate."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.arguments import flag, real_number, whole_number
from deeplinear.arrays import Array
from deeplinear.curve import Curve
from deeplinear.report.prediction import LEARNED, Prediction, is_aligned
from deeplinear.task import Task, a_task

if TYPE_CHECKING:
    from deeplinear.exact.law import Law

LONGER = 1.2  # than the last mode takes for 99 % of its target
DEEPEST = 10_000  # weight matrices: half times at the best rate are within .1 % of those of infinite depth, and take half a minute
LOOKED_AT = 10_000  # steps in which half of the first mode is looked for: a tenth of a second
AFFORDABLE = 1_000_000  # epochs times entries of the end-to-end map that are integrated: a minute at most


def predict(
    task: Task,
    *,
    depth: int = 2,
    width: int = 100,
    strength: float = 1e-3,
    rate: float | None = None,
    simulate: bool = False,
    steps: int = 200_000,
) -> Prediction:
    """Learning times of every mode from a decoupled start, and the rates that descent allows.

    Inputs that are neither white nor aligned with the task make modes interact. Then the flow of the whole map is integrated,
    which takes about as long as descent; where that is too long (`AFFORDABLE`), or modes do not fit through the network, each
    mode is given the input power d along it and taken on its own: an approximation, as good as ``task.diagonality`` is small.

    Args:
        task: what to learn.
        depth: weight matrices, ``>= 1``.
        width: of every hidden layer; only so many modes are learned.
        strength: of every mode at the start, as a share of the largest target, between 0 and 1.
        rate: learning rate; the best one, 1/Λ₁, if not given.
        simulate: whether to run gradient descent as well.
        steps: most epochs to simulate. Theory always goes to the end of learning; ``complete`` says whether the run does.

    Returns:
        A `Prediction`.

    Raises:
        ValueError: an argument out of range, or a task with nothing linear to learn.
        TypeError: no task.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (12), (15), (41), (46).
    """
    from deeplinear.curvature.path import sharpness_path
    from deeplinear.curvature.rates import task_sharpness
    from deeplinear.exact.solve import solve
    from deeplinear.initial.decoupled import decoupled as decoupled_start

    a_task("predict", task)
    advice = "it counts weight matrices, one more than hidden layers. Pass for example 3."
    depth = whole_number("predict", "depth", depth, 1, advice=advice)
    width = whole_number(
        "predict", "width", width, 1, advice="it counts units of a hidden layer. Pass for example 100."
    )
    steps = whole_number("predict", "steps", steps, 1, advice="it counts epochs. Pass for example 1000.")
    simulate = flag("predict", "simulate", simulate)
    advice = "it is the share of the largest target at which modes start. Pass a small one such as 1e-3."
    strength = real_number("predict", "strength", strength, "0 < · < 1", advice)
    if rate is not None:
        advice = "only a positive rate learns. Pass another one, or leave it out for the best one."
        rate = real_number("predict", "rate", rate, "> 0", advice)
    if depth > DEEPEST:
        raise ValueError(
            f"predict needs depth <= {DEEPEST}, got depth={depth!r}: sharpness along chains that long takes minutes, and learning "
            f"times at the best rate no longer change. Pass {DEEPEST}; rates go down in proportion to depth."
        )
    given, task = task, task.compact()
    k = min(task.rank, width) if depth > 1 else task.rank
    if k == 0:
        raise ValueError(
            "predict needs targets that correlate with inputs, got a correlation of zero to rounding: a target that is constant, "
            "or even in the inputs like a parabola or an exclusive or, is nothing a linear network can learn. Add features "
            "such as squares and products, or check that x and y belong together."
        )
    s, d = task.modes.s[:k], task.mode_powers[:k]
    targets = s / d
    sharpness = float(task_sharpness(task, depth))
    rate, start = 1 / sharpness if rate is None else rate, strength * float(targets.max())
    alone = by_itself(task, k)
    decoupled = decoupled_start(alone, [alone.n_in, *[min(width, k + 1)] * (depth - 1), k], strength=start, rng=0)
    law = solve(alone, decoupled, tau=1 / rate)
    half_times = np.where(start < targets / 2, law.learning_time(0.5), 0.0)
    horizon = max(10, ceil(LONGER * float(law.learning_time(0.99).max())))
    exact, path = is_aligned(task), None
    theory = law(sampled(horizon, 600, steps if simulate else None, law))
    if exact:
        few = max(20, min(100, 1000 // depth))  # a time takes milliseconds at depth 100
        path = sharpness_path(law, sampled(horizon, few, None, law))
    elif k == task.rank and (depth == 1 or horizon * task.n_in * task.n_out <= AFFORDABLE):
        exact = True
        theory, half_times = whole_map(task, depth, start, 1 / rate, horizon, steps if simulate else None)
        half_times, targets = half_times[:k], task.targets[:k]
    found = Prediction(
        given,
        depth,
        width,
        strength,
        start,
        rate,
        s,
        targets,
        half_times,
        1 / sharpness,
        2 / sharpness,
        theory,
        exact,
        path,
    )
    found = replace(found, first_step=first_step(found))
    if not simulate:
        return found
    run = descent(found, task, steps)
    if is_aligned(task):
        reference = solve(alone, decoupled, tau=1 / rate, law="discrete descent")(run.times)
    else:
        reference = at(theory, run.times)
    return replace(found, run=run, reference=reference)


def first_step(found: Prediction) -> int | None:
    """Step after which gradient descent has half of the first mode; None if modes interact, or it takes more than `LOOKED_AT`."""
    from deeplinear.exact.modes.discrete import crossing

    if not (found.aligned and 0 < found.half_times[0] < LOOKED_AT / 2):
        return None
    s, layer = found.singular_values[:1], found.initial_strength ** (1 / found.depth)
    layers = np.full((found.depth, 1), layer)
    step = crossing(0.5, s=s, layers0=layers, rate=found.rate, power=s / found.targets[:1], limit=LOOKED_AT)[0]
    return int(step) if np.isfinite(step) else None


def whole_map(task: Task, depth: int, start: float, tau: float, horizon: int, steps: int | None) -> tuple[Curve, Array]:
    """The flow of the end-to-end map, to the end of learning, and its half times: exact where modes interact."""
    from deeplinear.exact.solve import solve
    from deeplinear.initial.decoupled import decoupled

    sizes = [task.n_in, *[min(task.n_in, task.n_out)] * (depth - 1), task.n_out]  # balanced layers have no higher rank
    law, k = solve(task, decoupled(task, sizes, strength=start, rng=0), tau=tau), task.rank
    for longer in (1, 2, 4):
        times = sampled(longer * horizon, 600, steps)
        curve = law(np.union1d(times, sampled(longer * horizon, 2000, None)))
        if (curve.strengths[-1, :k] >= LEARNED * task.targets[:k]).all():
            break
    return at(curve, times), curve.half_times


def descent(found: Prediction, task: Task, steps: int) -> Curve:
    """Gradient descent to the end of learning, or for as many steps as it may take; the task as it is or in compact form."""
    from deeplinear.initial.decoupled import decoupled
    from deeplinear.initial.reduced import reduced_decoupled
    from deeplinear.simulate.linear.descent import descend

    depth, times = found.depth, found.theory.times
    widths = [task.n_in, *[found.width] * (depth - 1), task.n_out]
    weights = (reduced_decoupled if depth > 1 else decoupled)(task, widths, strength=found.initial_strength)
    times = times[times <= steps]
    try:
        return descend(task, weights, rate=found.rate, steps=int(times[-1]), record=times)
    except ValueError as diverged:
        if found.rate <= found.stable_rate:
            raise
        raise ValueError(
            f"predict needs rate <= {found.stable_rate:.4g} with simulate=True, got rate={found.rate:.4g}: the loss of gradient "
            f"descent diverges. Pass a smaller one; {found.best_rate:.4g} is the default."
        ) from diverged


def at(curve: Curve, times: Array) -> Curve:
    """A curve at some of its times."""
    chosen = np.isin(curve.times, times)
    return Curve(curve.times[chosen], curve.loss[chosen], curve.strengths[chosen], curve.targets, curve.name)


def by_itself(task: Task, modes: int) -> Task:
    """The first modes and nothing else, but for one input more, of the largest power among directions beyond them.

    That input is nothing to learn from, yet its power can make the minimum sharp.
    """
    v, root = task.modes.v[:, :modes], task.directions.root
    s, d = task.modes.s[:modes], task.mode_powers[:modes]
    powers = np.append(d, np.linalg.norm(root - (root @ v) @ v.T, 2) ** 2)
    inputs = min(modes + 1, task.n_in)
    power = max(task.output_power, float((s**2 / d).sum()))
    return Task.from_correlations(np.diag(powers[:inputs]), np.eye(modes, inputs) * s[:, None], output_power=power)


def sampled(horizon: int, count: int, steps: int | None, law: Law | None = None) -> Array:
    """Times for curves of any shape: so many evenly over the epochs, as many evenly over their logarithm, and those of each mode.

    Deep networks learn in a small part of the time that they wait, so the times at which modes of a law have parts of their
    targets are among them.

    Args:
        horizon: the last epoch.
        count: how many of either kind.
        steps: where whole epochs are needed, the most there may be, which is among them.
        law: whose modes are to be seen.
    """
    parts = [np.geomspace(1, horizon + 1, count) - 1, np.linspace(0, horizon, count)]
    if law is not None:
        parts += [np.maximum(law.learning_time(share), 0.0) for share in np.linspace(0.02, 0.98, 25)]
    times = np.concatenate(parts)
    if steps is not None:
        times = np.append(times.round(), steps)
    return np.unique(times[times <= horizon])
