"""Fig. 4: at the best learning rate, learning time saturates with depth, because the best rate goes as 1/depth.

Paper: deep linear networks of 3 to 100 layers on MNIST, decoupled start, twenty learning rates, the fastest kept. Left,
iterations until the training error is below a threshold, against the number of layers; right, the rate that did it.

The networks run through the exact reduction, and one of them also at its full width, as a witness. The paper leaves open
whether inputs were whitened and whether the error carries ½; its threshold and its window of rates fit white, centred
inputs and the ½, which is our choice. The paper counts layers N_l; there are N_l − 1 weight matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, listed
from deeplinear.figures.depths import both_widths, flow, study
from deeplinear.figures.palette import BLUE, GREEN, GREY, INK, ORANGE, VERMILION, label, quiet, written

if TYPE_CHECKING:
    from deeplinear.task import Array

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

# what the exact mode reduction gave for real MNIST, computed by an independent program on the paper's grid of rates
MNIST_ITERATIONS = (5, 19, 48, 57, 80, 98, 116, 106, 128, 114, 137, 123, 151, 146, 137)
MNIST_RATES = (7.0e-5, 1.0e-4, 7.0e-5, 7.0e-5, 4.8e-5, 3.4e-5, 2.3e-5, 2.3e-5, 1.6e-5, 1.6e-5, 1.1e-5, 1.1e-5) + 3 * (
    7.9e-6,
)


def compute(
    *,
    data: str,
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
        data: ``"mnist"`` (50 000 examples) or ``"digits"``; centred and white.
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
    from deeplinear import data as sources

    task = sources.mnist(inputs="white") if data == "mnist" else sources.digits(inputs="white")
    first = task.output_power / 2
    if threshold is None:
        threshold = first - (1.0 if share is None else share) * (first - task.floor)
    grid = np.geomspace(*window, rates)
    every = np.array((*layers, *deeper))
    studies = in_pairs(
        lambda n, stop: study(task, int(n), width, strength, grid, refine, threshold, steps, stop), every
    )
    finely = np.unique(np.geomspace(min(layers), max(*layers, *deeper), 24).round()).astype(int)
    theory = [flow(task, n, strength, threshold) for n in finely]
    found = {name: np.array([each[name] for each in studies]) for name in studies[0]}
    at = layers.index(witness)
    witness_rates = [found["rate"][at], found["stable_rate"][at]]
    return found | {
        "layers": every,
        "papers_own": np.array(len(layers)),
        "grid": grid,
        "data": np.array(data),
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
        return [jobs[i].result() for i in range(len(items))]
    finally:
        stop.set()  # on Ctrl-C, start no more and leave off what is begun
        pool.shutdown(cancel_futures=True)


def slope(layers: Array, values: Array) -> float:
    """Exponent of values against the number of weight matrices, by least squares in logarithms."""
    return float(np.polyfit(np.log(layers - 1.0), np.log(values), 1)[0])


def one_constant(data: Data, name: str, chosen: Array) -> tuple[float, float]:
    """The factor that brings the flow's times closest to measured ones in logarithms, and the rms deviation left."""
    gap = np.log(data[name][chosen] / data["flow_time"][chosen])
    return float(np.exp(gap.mean())), float(np.sqrt(np.mean((gap - gap.mean()) ** 2)))


def claims(data: Data) -> list[Claim]:
    """Saturation, the 1/depth law, what a first-crossing criterion rewards, and the witness."""
    known = mnist_claims(data) if data["data"] == "mnist" else []
    return [*known, *time_claims(data), *rate_claims(data), *witness_claims(data)]


def time_claims(data: Data) -> list[Claim]:
    """Learning times saturate, and follow the flow's."""
    layers, own = data["layers"], np.arange(len(data["layers"])) < data["papers_own"]
    last, early = int(np.argmax(np.where(own, layers, 0))), int(np.argmin(np.abs(layers - 20)))
    more, longer = (layers[last] - 1) / (layers[early] - 1), data["iterations"][last] / data["iterations"][early]
    constant, left = one_constant(data, "stable_iterations", layers >= 5)
    coarse_constant, coarse_left = one_constant(data, "iterations", own & (layers >= 5))
    share = (data["first_loss"] - data["threshold"]) / (data["first_loss"] - data["floor"])
    return [
        Claim(
            "the threshold, as a share of what can be learned",
            "0.929",
            f"{share:.4f}",
            abs(share - 0.929) < 5e-4,
        ),
        Claim(
            f"learning time saturates: {more:.1f}× the weight matrices of N_l = {layers[early]} take few more iterations",
            "< 1.6 times",
            f"{longer:.2f} times",
            longer < 1.6,
        ),
        Claim(
            "at stable rates, learning times follow the exact flow at rate 1/Λ₁ up to one constant, N_l ≥ 5",
            "constant ½, rms < 10 %",
            f"constant {constant:.3f}, rms {left:.1%}",
            abs(constant - 0.5) < 0.05 and left < 0.10,
        ),
        Claim(
            "on the paper's grid of rates too, but for the coarseness of the grid, N_l ≥ 5",
            "rms < 20 %",
            f"constant {coarse_constant:.3f}, rms {coarse_left:.1%}",
            coarse_left < 0.20,
        ),
    ]


def rate_claims(data: Data) -> list[Claim]:
    """Best rates go as 1/depth, beyond the stability limit."""
    layers, inverse = data["layers"], 1 / data["sharpness"]
    inner, deep = (np.arange(len(layers)) < data["papers_own"]) & (layers >= 8), np.argsort(layers)[-3:]
    coarseness = np.log(data["grid"][1] / data["grid"][0]) / np.ptp(np.log(layers[inner] - 1.0))
    papers_slope, papers_law = slope(layers[inner], data["rate"][inner]), slope(layers[inner], inverse[inner])
    deep_slope, deep_law = slope(layers[deep], data["fine_rate"][deep]), slope(layers[deep], inverse[deep])
    overshoot, cautious = data["rate"][inner] * data["sharpness"][inner], data["stable_rate"] * data["sharpness"]
    return [
        Claim(
            "best rate falls with depth as 1/Λ₁ = 1/(L d (s/d)^(2−2/L)) does, the paper's depths from N_l = 8",
            f"exponent {papers_law:.2f} ± {coarseness:.2f}, one grid step",
            f"exponent {papers_slope:.2f}",
            abs(papers_slope - papers_law) < coarseness,
        ),
        Claim(
            f"best rate goes as 1/depth in deep networks (finer grid, N_l = {listed(np.sort(layers[deep]), '.0f')})",
            f"exponent −1 ± 0.1 (1/Λ₁: {deep_law:.2f})",
            f"exponent {deep_slope:.2f}",
            abs(deep_slope + 1) < 0.1,
        ),
        Claim(
            "a first crossing rewards overshoot: the fastest rates lie beyond the stability limit 2/Λ₁, N_l ≥ 8",
            "2 to 4 times 1/Λ₁",
            f"{overshoot.min():.2f} to {overshoot.max():.2f}",
            overshoot.min() > 2 and overshoot.max() < 4,
        ),
        Claim(
            "networks trained at those rates leave the threshold again, up to",
            "> 1 times the threshold",
            f"≥ {data['relapse'][inner].min():.2f} times",
            data["relapse"][inner].min() > 1,
        ),
        Claim(
            "networks trained at rates ≤ 2/Λ₁ stay below it",
            "never above",
            f"≤ {data['stable_relapse'].max():.4f} times, rates ≤ {cautious.max():.2f}/Λ₁",
            data["stable_relapse"].max() <= 1 and cautious.max() <= 2 * (1 + 1e-12),
        ),
    ]


def witness_claims(data: Data) -> list[Claim]:
    """The wide network and its reduction are one."""
    wide, narrow = data["witness_loss"], data["narrow_loss"]
    fast_apart, apart = (
        np.abs(wide - narrow).max(axis=1) / wide[:, 0] if wide.shape == narrow.shape else (np.inf, np.inf)
    )
    at = int(np.argmax(data["layers"] == data["witness"]))
    learned = np.array([data["iterations"][at], data["stable_iterations"][at]])
    return [
        Claim(
            f"a network {data['witness_widths'][0]} wide learns when its {data['witness_widths'][1]}-wide reduction does,"
            f" N_l = {data['witness']}, at the best and at the best stable rate",
            f"iterations {listed(learned, '.0f')}",
            f"wide {listed(data['witness_learned'][0], '.0f')}, narrow {listed(data['witness_learned'][1], '.0f')}",
            (data["witness_learned"] == learned).all(),
        ),
        Claim(
            "with the same loss at every step; beyond the stability limit rounding grows",
            "within 1e-12 of the first loss (1e-8)",
            f"{apart:.1e} ({fast_apart:.1e})",
            apart < 1e-12 and fast_apart < 1e-8,
        ),
    ]


def mnist_claims(data: Data) -> list[Claim]:
    """Digits known for real MNIST with the paper's parameters."""
    own = int(data["papers_own"])
    iterations, rates, grid = data["iterations"][:own], data["rate"][:own], data["grid"]
    if own != len(MNIST_ITERATIONS):
        return []
    allowed = np.where(data["layers"][:own] <= 28, 1.0, 0.25 * np.array(MNIST_ITERATIONS))
    touching = data["layers"][:own][(rates <= grid[0] * 1.01) | (rates >= grid[-1] * 0.99)]
    return [
        Claim(
            "iterations to the threshold, MNIST, on the paper's grid: ±1 to N_l = 28, ±25 % beyond, where runs are chaotic",
            listed(MNIST_ITERATIONS, ".0f"),
            listed(iterations, ".0f"),
            (np.abs(iterations - MNIST_ITERATIONS) <= allowed).all(),
        ),
        Claim(
            "rates that did it, to one step of the grid",
            listed(MNIST_RATES, ".1e"),
            listed(rates, ".1e"),
            np.abs(np.log(rates / MNIST_RATES)).max() < np.log(grid[1] / grid[0]) * 1.05,
        ),
        Claim(
            "the best rate is inside the window of rates, against the paper, except at N_l = 5",
            "5",
            listed(touching, ".0f"),
            touching.tolist() == [5],
        ),
    ]


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
        ("●  the paper's 20 rates", BLUE),
        ("●  finer grid of rates", ORANGE),
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
