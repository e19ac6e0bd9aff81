"""What gradient descent will learn of a task, and when, before it is run; and the run beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.task import Array, Task

if TYPE_CHECKING:
    from deeplinear.curve import Curve
    from deeplinear.exact.curvature.path import SharpnessPath

ALIGNED = 1e-6  # diagonality below which the per-mode law is exact rather than close
SIZE = (12.0, 4.4)
SHOWN = 8  # modes with a name and a colour in the drawing


@dataclass(frozen=True, eq=False)
class Prediction:
    """When each mode of a task is learned, and how fast one may step.

    Attributes:
        task: what is learned.
        depth: weight matrices L.
        width: of every hidden layer.
        strength: u_0, strength of each mode at the start.
        rate: learning rate η.
        singular_values: s of each mode that fits through the network, shape ``(k,)``.
        targets: where each mode ends, s/d with d the input power along the mode, shape ``(k,)``.
        half_times: epochs until half the target, shape ``(k,)``; 0 for a mode that starts beyond it.
        best_rate: 1/Λ₁ of eq. (41).
        stable_rate: 2/Λ₁; beyond it descent leaves the minimum.
        theory: the exact solution as a `Curve`.
        path: sharpness along it; None where the law is approximate, for there it may be wrong by orders of magnitude.
        run: gradient descent at the same times, if it was asked for.
    """

    task: Task
    depth: int
    width: int
    strength: float
    rate: float
    singular_values: Array
    targets: Array
    half_times: Array
    best_rate: float
    stable_rate: float
    theory: Curve
    path: SharpnessPath | None = None
    run: Curve | None = None

    @property
    def exact(self) -> bool:
        """Whether the inputs are white or aligned with the task, so that the law of each mode is exact."""
        return max(self.task.diagonality, self.task.misalignment) < ALIGNED

    @property
    def deviations(self) -> Array:
        """Largest distance of descent from theory over the run, in units of each mode's target, shape ``(k,)``."""
        if self.run is None:
            raise ValueError(
                "deviations need a simulated run, got none: nothing to compare. Predict with simulate=True."
            )
        k = len(self.targets)
        return np.abs(self.run.strengths[:, :k] - self.theory.strengths).max(axis=0) / self.targets

    def record(self) -> dict[str, Any]:
        """The prediction as a dictionary that JSON can hold."""
        simulated = {}
        if self.run is not None:
            crossed = [float(t) if np.isfinite(t) else None for t in self.run.half_times[: len(self.targets)]]
            simulated = {
                "epochs": int(self.run.times[-1]),
                "simulated_half_times": crossed,
                "deviation": self.deviations.tolist(),
            }
        return {
            "inputs": self.task.n_in,
            "outputs": self.task.n_out,
            "depth": self.depth,
            "width": self.width,
            "strength": self.strength,
            "rate": self.rate,
            "best_rate": self.best_rate,
            "largest_stable_rate": self.stable_rate,
            "largest_sharpness": None if self.path is None else float(self.path.sharpness.max()),
            "unstable_from": None if self.path is None else self.path.unstable_from,
            "exact": self.exact,
            "diagonality": self.task.diagonality,
            "singular_values": self.singular_values.tolist(),
            "targets": self.targets.tolist(),
            "half_times": self.half_times.tolist(),
        } | simulated


def predict(
    task: Task,
    *,
    depth: int = 2,
    width: int = 100,
    strength: float = 1e-3,
    rate: float | None = None,
    simulate: bool = False,
    steps: int = 20_000,
) -> Prediction:
    """Learning times of every mode from a decoupled start, and the rates that descent allows.

    Where inputs are neither white nor aligned with the task, each mode is given the input power d along it and what
    couples it to other modes is left out: an approximation, as good as ``task.diagonality`` is small.

    Args:
        task: what to learn.
        depth: weight matrices, ``>= 1``.
        width: of every hidden layer; only so many modes are learned.
        strength: of every mode at the start, as a share of the largest target, ``> 0``.
        rate: learning rate; the best one, 1/Λ₁, if not given.
        simulate: whether to run gradient descent as well.
        steps: most epochs to draw or run; otherwise half as many again as the last mode needs.

    Returns:
        A `Prediction`.

    Raises:
        ValueError: an argument out of range, or a task with nothing linear to learn.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (12), (15), (41), (46).
    """
    from deeplinear import descend, initial, solve
    from deeplinear.exact.curvature.path import sharpness_path
    from deeplinear.exact.curvature.rates import task_sharpness

    for name, value, meaning in (
        ("depth", depth, "counts weight matrices, one more than hidden layers"),
        ("width", width, "counts units of a hidden layer"),
        ("steps", steps, "counts epochs"),
    ):
        if value < 1:
            raise ValueError(f"predict needs {name} >= 1, got {name}={value!r}: it {meaning}. Pass 1 or more.")
    if not (np.isfinite(strength) and strength > 0) or not (rate is None or (np.isfinite(rate) and rate > 0)):
        raise ValueError(
            f"predict needs strength > 0 and rate > 0, got strength={strength!r}, rate={rate!r}: nothing would be learned. "
            f"Pass small positive numbers."
        )
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
    decoupled = initial.decoupled(alone, [alone.n_in, *[min(width, k + 1)] * (depth - 1), k], strength=start, rng=0)
    law = solve(alone, decoupled, tau=1 / rate)
    half_times = np.where(start < targets / 2, law.learning_time(0.5), 0.0)
    epochs = int(np.clip(ceil(1.5 * half_times.max()), 10, steps))
    if not simulate:
        theory, run = law(spread(epochs, 600)), None
    else:
        widths = [task.n_in, *[width] * (depth - 1), task.n_out]
        reduced = depth > 1
        weights = (initial.reduced_decoupled if reduced else initial.decoupled)(task, widths, strength=start)
        run = descend(task, weights, rate=rate, steps=epochs, record=np.unique(spread(epochs, 600).round()))
        theory = law(run.times)
    found = Prediction(
        task, depth, width, start, rate, s, targets, half_times, 1 / sharpness, 2 / sharpness, theory, run=run
    )
    if not found.exact:
        return found
    few = max(20, min(100, 1000 // depth))  # a time takes milliseconds at depth 100
    return replace(found, path=sharpness_path(law, spread(epochs, few)))


def by_itself(task: Task, modes: int) -> Task:
    """The first modes and nothing else, but for one input more, of the largest power among directions beyond them.

    That input is nothing to learn from, yet its power can make the minimum sharp.
    """
    v = task.modes.v[:, :modes]
    beyond = np.eye(task.n_in) - v @ v.T
    s, d = task.modes.s[:modes], task.mode_powers[:modes]
    powers = np.append(d, np.linalg.eigvalsh(beyond @ task.input_correlation @ beyond)[-1:])
    inputs = min(modes + 1, task.n_in)
    power = max(task.output_power, float((s**2 / d).sum()))
    return Task.from_correlations(np.diag(powers[:inputs]), np.eye(modes, inputs) * s[:, None], output_power=power)


def spread(epochs: int, count: int) -> Array:
    """Times for curves of any shape: so many evenly over the epochs, and as many evenly over their logarithm."""
    return np.unique(np.concatenate([np.geomspace(1, epochs + 1, count) - 1, np.linspace(0, epochs, count)]))


def draw(prediction: Prediction, figure: Any) -> None:
    """Share of its target that each mode has reached, theory as lines, descent as dots; and how near to the edge it comes."""
    from deeplinear.figures.palette import BLUE, GREEN, GREY, INK, MIST, ORANGE, PURPLE, SKY, VERMILION, label, quiet
    from deeplinear.report import edge

    if prediction.path is None:
        axes, others = figure.subplots(), []
    else:
        left, right = figure.subfigures(1, 2, width_ratios=(1.5, 1.0))
        axes = left.subplots()
        edge.draw(prediction.path, right)
        others = right.axes
    times, k = prediction.theory.times, len(prediction.targets)
    colours = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, INK, GREY)[:SHOWN]
    layers = "1 weight matrix" if prediction.depth == 1 else f"{prediction.depth} weight matrices"
    quiet(axes, title=f"When each mode is learned, {layers}", x="epochs", y="strength / target")
    for i in range(k - 1, -1, -1):
        colour, wide = (colours[i], 1.7) if i < len(colours) else (MIST, 1.0)
        share = prediction.theory.strengths[:, i] / prediction.targets[i]
        axes.plot(times, share, color=colour, lw=wide)
        if i >= len(colours):
            continue
        if prediction.run is not None:
            descended = prediction.run.strengths[:, i] / prediction.targets[i]
            reached = [
                int(np.argmax(descended >= level)) for level in (0.1, 0.3, 0.5, 0.7, 0.9) if descended.max() >= level
            ]
            axes.plot(prediction.run.times[reached], descended[reached], "o", ms=4, color=colour, mfc="white", mew=1)
        height = 0.5 + 0.06 * (min(k, len(colours)) / 2 - i)
        if share[0] < height < share[-1]:
            label(axes, times[np.argmax(share > height)], height, str(i + 1), colour, xytext=(4, -3))
    note = "lines: theory" + ("" if prediction.run is None else ", dots: gradient descent")
    note += (
        ""
        if prediction.exact
        else f"\napproximate: inputs not aligned with the task ({prediction.task.diagonality:.2g})"
    )
    axes.text(0.015, 0.97, note, transform=axes.transAxes, va="top", fontsize=9, color=GREY)
    later = prediction.half_times[prediction.half_times > 0]
    if len(later) and later.max() > 10 * later.min():
        scale, first = "log", max(1.0, later.min() / 5)
    else:
        scale, first = "linear", 0.0
    axes.set_ylim(0, 1.25)
    for panel in (axes, *others):
        panel.set_xscale(scale)
        panel.set_xlim(first, times[-1])
