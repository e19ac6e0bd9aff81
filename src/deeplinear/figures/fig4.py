"""Fig. 4: at the best learning rate, learning time saturates with depth, because the best rate goes as 1/depth.

Paper: deep linear networks of 3 to 100 layers on MNIST, decoupled start, twenty learning rates, the fastest kept. Left,
iterations until the training error is below a threshold, against the number of layers; right, the rate that did it.

The networks run through the exact reduction, and one of them also at its full width, as a witness. The paper leaves open
whether inputs were whitened and whether the error carries ½; its threshold and its window of rates fit white, centred
inputs and the ½, which is our choice. The paper counts layers N_l; there are N_l − 1 weight matrices.

From 8 layers on the best of the paper's rates lies above the stability limit 2/Λ₁, where descent of deep networks is chaotic, and
its first crossing of the threshold is partly luck: a relative change of 1e-10 in u_0 moves that of 84 layers from 151 to 132
iterations. So the best stable rate, at most 2/Λ₁, stands beside it: `stable_iterations` and `stable_rate`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.draw.style import BLUE, GREEN, GREY, INK, ORANGE, VERMILION, label, quiet, written
from deeplinear.figures.depths import both_widths, flow, study
from deeplinear.figures.parameters import typed
from deeplinear.figures.parts import watched
from deeplinear.figures.saturation import claims, one_constant
from deeplinear.figures.sources import Source, name_of, task_of

if TYPE_CHECKING:
    from deeplinear.arrays import Array

__all__ = ["PAPER", "QUICK", "SIZE", "claims", "compute", "draw"]

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "data": "mnist",
    "layers": (3, 5, 8, 10, 14, 20, 28, 36, 44, 54, 64, 74, 84, 94, 100),
    "deeper": (200, 400),
    "width": 1000,
    "strength": 1e-3,
    "window": (1e-7, 1e-4),
    "rates": 20,
    "refine": 7,
    "threshold": 1.3e4,
    "share": None,
    "witness": 10,
    "steps": 400,
}
QUICK: dict[str, Any] = PAPER | {
    "data": "digits",
    "layers": (3, 5, 8, 20, 40),
    "deeper": (110,),
    "width": 256,
    "window": (3e-6, 3e-3),
    "refine": 7,
    "witness": 8,
    "steps": 300,
    "threshold": None,
    "share": 0.929,
}
SIZE = (12.6, 4.1)


@typed
def compute(
    *,
    data: Source,
    layers: tuple[int, ...],
    deeper: tuple[int, ...],
    width: int,
    strength: float,
    window: tuple[float, float],
    rates: int,
    refine: int,
    threshold: float | None,
    share: float | None,
    witness: int,
    steps: int,
) -> Data:
    """Learning times and best rates over depth.

    Args:
        data: ``"mnist"`` (50 000 examples) or ``"digits"``, centred and white, or a Task of your own, which is whitened.
        layers: the paper's N_l to run.
        deeper: further N_l, to see where the trend goes.
        width: of every hidden layer.
        strength: u_0 of every mode.
        window: slowest and fastest rate.
        rates: how many rates, log-spaced.
        refine: how many times finer the second grid is.
        threshold: error at which a network has learned; or
        share: the share of what can be learned at which it has, if ``threshold`` is None.
        witness: the N_l that also runs at full width.
        steps: most iterations.

    Returns:
        Arrays over N_l (those of ``layers`` first), the witness's loss, and the parameters.
    """
    task = task_of("fig4", data, "white")
    first = task.output_power / 2
    if threshold is None:
        threshold = first - (1.0 if share is None else share) * (first - task.floor)
    grid = np.geomspace(*window, rates)
    every = np.array((*layers, *deeper))
    studies = in_pairs(
        lambda n, stop: study(task, int(n), width, strength, grid, refine, threshold, steps, stop), every
    )
    finely = np.unique(np.geomspace(min(layers), max(*layers, *deeper), 24).round()).astype(int)
    theory = [flow(task, n, strength, threshold) for n in watched(finely, len(finely))]
    found = {name: np.array([each[name] for each in studies]) for name in studies[0]}
    at = layers.index(witness)
    witness_rates = [found["rate"][at], found["stable_rate"][at]]
    return found | {
        "layers": every,
        "papers_own": np.array(len(layers)),
        "grid": grid,
        "data": np.array(name_of(data)),
        "threshold": np.array(threshold),
        "floor": np.array(task.floor),
        "first_loss": np.array(first),
        "singular_values": task.modes.s / task.examples,
        "steps": np.array(steps),
        "theory_layers": finely,
        "theory_sharpness": np.array([sharpness for sharpness, _ in theory]),
        "theory_times": np.array([time for _, time in theory]),
        **both_widths(task, witness, width, strength, witness_rates, threshold, steps),
    }


def in_pairs(work: Callable[[Any, Event], Any], items: Array) -> list[Any]:
    """``work(item, stop)`` of each item, two at a time and the largest first; compiling keeps only one core busy."""
    pool, jobs, stop = ThreadPoolExecutor(2), {}, Event()
    try:
        for i in np.argsort(items)[::-1]:
            jobs[i] = pool.submit(work, items[i], stop)
        for job in watched(as_completed(jobs.values()), len(jobs)):
            job.result()  # a failure is raised at once
        return [jobs[i].result() for i in range(len(items))]
    finally:
        stop.set()  # on Ctrl-C, start no more and leave off what is begun
        pool.shutdown(cancel_futures=True)


def draw(data: Data, figure: Any) -> None:
    """Left: learning time against depth. Middle: best rate against depth. Right: the witness."""
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.15, 1.15, 0.85])
    draw_times(data, left)
    draw_rates(data, middle)
    draw_witness(data, right)


def draw_times(data: Data, axes: Any) -> None:
    """Learning times, and the flow's with one constant."""
    layers, own = data["layers"], slice(0, int(data["papers_own"]))
    quiet(
        axes, title="Learning time saturates with depth …", x="number of layers N$_l$", y="iterations to the threshold"
    )
    for name, colour in (("stable_iterations", GREEN), ("fine_iterations", ORANGE)):
        constant, _ = one_constant(data, name, layers >= 5)
        axes.plot(data["theory_layers"], constant * data["theory_times"], color=colour, lw=1.6, alpha=0.8)
        axes.plot(layers, data[name], "o", color=colour, ms=4, mec="white", mew=0.5)
    axes.plot(layers[own], data["iterations"][own], "o", color=BLUE, ms=6, mec="white", mew=0.7)
    rows = (
        ("●  best rate ≤ 2/Λ$_1$: stays learned", GREEN),
        ("●  the paper's 20 rates: > 2/Λ$_1$, partly luck", BLUE),
        ("●  finer grid of rates, likewise", ORANGE),
        ("—  exact flow at rate 1/Λ$_1$, times a constant", GREY),
    )
    written(axes, 0.28, 0.26, rows)
    axes.set_ylim(0, 1.12 * data["stable_iterations"].max())
    axes.set_xlim(0, layers[-1] * 1.04)


def draw_rates(data: Data, axes: Any) -> None:
    """Best rates in logarithms, with 1/Λ₁, 2/Λ₁ and the slope −1."""
    layers, own = data["layers"], slice(0, int(data["papers_own"]))
    matrices, finely, inverse = layers - 1, data["theory_layers"] - 1, 1 / data["theory_sharpness"]
    quiet(
        axes,
        title="… because the best rate falls as 1/depth",
        x="weight matrices L = N$_l$ − 1",
        y="best learning rate",
    )
    axes.loglog(finely, inverse, color=INK, lw=1.4)
    axes.loglog(finely, 2 * inverse, color=VERMILION, lw=1.4, ls="--")
    axes.loglog(matrices, data["fine_rate"], "o", color=ORANGE, ms=4, mec="white", mew=0.5)
    axes.loglog(matrices[own], data["rate"][own], "o", color=BLUE, ms=6, mec="white", mew=0.7)
    guide = np.array([matrices[-1] / 8, matrices[-1]])
    axes.loglog(guide, 6 * inverse[-1] * matrices[-1] / guide, color=GREY, lw=1, ls=":")
    label(axes, guide[0], 48 * inverse[-1], "slope −1", GREY, xytext=(8, 4))
    rows = (
        ("●  the paper's 20 rates", BLUE),
        ("●  finer grid of rates", ORANGE),
        ("- -  2/Λ$_1$: unstable above", VERMILION),
        ("—  1/Λ$_1$ (41)", INK),
    )
    written(axes, 0.03, 0.27, rows)


def draw_witness(data: Data, axes: Any) -> None:
    """Loss of the wide network as dots on its reduction's line, at the fastest and at the fastest stable rate."""
    wide, narrow = data["witness_widths"]
    gap = data["first_loss"] - data["floor"]
    quiet(
        axes, title=f"{wide} units wide = {narrow} wide, exactly", x="iterations", y="share of the loss left to learn"
    )
    for i, colour in enumerate((BLUE, GREEN)):
        end = int(data["witness_learned"][1, i]) + 1
        line, dots = ((data[name][i, :end] - data["floor"]) / gap for name in ("narrow_loss", "witness_loss"))
        axes.plot(line, color=colour, lw=1.4)
        shown = np.arange(0, end, max(1, end // 28))
        axes.plot(shown, dots[shown], "o", color=colour, ms=4.5, mfc="white", mew=1)
    axes.axhline((data["threshold"] - data["floor"]) / gap, color=GREY, lw=1, ls=":")
    rows = (
        (f"N$_l$ = {data['witness']}", INK),
        ("○  all weights", INK),
        ("—  reduction", INK),
        ("fastest rate", BLUE),
        ("fastest stable", GREEN),
    )
    written(axes, 0.03, 0.62, rows)
    label(axes, 0, (data["threshold"] - data["floor"]) / gap, "threshold", GREY, xytext=(0, 5))
    axes.set_ylim(0, 1.06)
