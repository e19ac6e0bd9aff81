"""Beyond the paper: deep tanh networks do learn fastest from orthogonal weights just beyond the edge of chaos.

The paper's last section hopes that gains slightly above one suit the training of deep nonlinear networks, since there a
large share of the singular values of the Jacobian is O(1); it trains none. Here they are trained: tanh networks without
biases of 10, 30 and 100 weight matrices on MNIST, from orthogonal and Gaussian weights of many gains, by plain descent on
mini-batches, cross entropy, each at the best of a few learning rates. Above, how long they take to learn; in the middle,
what they know on test images; below, what free probability predicts for the singular values of the Jacobian between first
and last hidden layer, on the same axis of gains.

Inputs have mean zero, and mean square 1 each, so that the first pre-activations have variance g².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deeplinear.draw.style import BLUE, GREY, INK, MIST, VERMILION, label, quiet, written
from deeplinear.figures.gain_claims import STARTS, claims, fastest, isometric
from deeplinear.figures.gain_runs import race
from deeplinear.figures.parameters import typed
from deeplinear.figures.sources import Source, require_name
from deeplinear.sweep import sweep

if TYPE_CHECKING:
    from deeplinear.arrays import Array

__all__ = ["PAPER", "QUICK", "SIZE", "claims", "compute", "draw"]

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "data": "mnist",
    "examples": (3000, 3000),
    "depths": (10, 30, 100),
    "gains": (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 2.0),
    "seeds": 1,
    "width": 300,
    "rates": (0.1, 0.3, 1.0, 3.0, 10.0),
    "batch": 64,
    "first": 40,
    "keep": 2,
    "steps": 200,
    "threshold": 0.5,
}
QUICK: dict[str, Any] = PAPER | {
    "data": "digits",
    "examples": (1000, 500),
    "depths": (10, 30),
    "gains": (0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.6),
    "width": 64,
    "rates": (0.3, 1.0, 3.0),
    "batch": 32,
    "first": 16,
    "steps": 96,
}
SIZE = (12.6, 8.4)
COLOURS = {"orthogonal": VERMILION, "gaussian": BLUE}
BANDS = {"orthogonal": "#f5c9ae", "gaussian": "#cfe3f1"}
LEVELS = (0.05, 0.5, 0.95)
FINE = 91
FLOOR = -12.0  # of log₁₀ s, drawn


@typed
def compute(
    *,
    data: Source,
    examples: tuple[int, int],
    depths: tuple[int, ...],
    gains: tuple[float, ...],
    seeds: int,
    width: int,
    rates: tuple[float, ...],
    batch: int,
    first: int,
    keep: int,
    steps: int,
    threshold: float,
) -> Data:
    """Learning times and accuracies over gains and depths, and predicted singular values.

    Args:
        data: ``"mnist"`` or ``"digits"``.
        examples: how many to train on, and to test on.
        depths: numbers of weight matrices.
        gains: g of every layer.
        seeds: of weights and batches.
        width: of hidden layers, not above the number of inputs: orthogonal W1 then keeps mean squares as Gaussian ones do.
        rates: learning rates, in units of 1 / depth.
        batch: examples a step.
        first: steps for which all rates run.
        keep: how many of them run on.
        steps: most steps.
        threshold: mean cross entropy at which a network has learned.

    Returns:
        ``learned`` (steps, NaN for never), ``rate``, ``loss`` and ``accuracy`` of shape ``(starts, depths, gains, seeds)``,
        starts as in `STARTS`; ``quantiles`` of ln s at `LEVELS`, ``(starts, depths, gains, levels)``, and ``distance``,
        the root mean square of ln s, ``(starts, depths, gains, 1)``; ``log_rms``, ln of the root mean square of s, ``(depths,
        fine gains)`` at ``fine``.
    """
    require_name("gains", data)
    common = {"data": data, "examples": examples, "width": width, "rates": rates, "batch": batch, "first": first}
    common |= {"keep": keep, "steps": steps, "threshold": threshold}
    fine = np.linspace(min(gains), max(gains), FINE)
    return {
        "depths": np.array(depths),
        "gains": np.array(gains),
        "steps": np.array(steps),
        **trained(common, depths, gains, seeds),
        **foretold(depths, gains),
        "fine": fine,
        "log_rms": np.array([[log_rms(depth, g) for g in fine] for depth in depths]),
    }


def trained(common: dict[str, Any], depths: tuple[int, ...], gains: tuple[float, ...], seeds: int) -> Data:
    """What `race` measures, as arrays of shape ``(starts, depths, gains, seeds)``; the first seed is finished first."""
    shape = (seeds, len(depths), len(STARTS), len(gains))
    places = list(np.ndindex(*shape))
    places.sort(key=lambda place: (place[0], -depths[place[1]]))
    jobs = [
        common | {"seed": seed, "depth": depths[d], "start": STARTS[s], "gain": gains[g]} for seed, d, s, g in places
    ]
    found = dict(zip(places, sweep(race, jobs), strict=True))
    return {
        name: np.moveaxis(np.array([found[place][name] for place in np.ndindex(*shape)]).reshape(shape), (0, 2), (3, 0))
        for name in found[places[0]]
    }


def foretold(depths: tuple[int, ...], gains: tuple[float, ...]) -> Data:
    """What `predicted` says, as arrays of shape ``(starts, depths, gains, ...)``."""
    jobs = [{"start": start, "depth": depth, "gain": gain} for start in STARTS for depth in depths for gain in gains]
    laws = sweep(predicted, jobs)
    shape = (len(STARTS), len(depths), len(gains))
    return {name: np.array([law[name] for law in laws]).reshape(*shape, -1) for name in laws[0]}


def predicted(*, start: Literal["orthogonal", "gaussian"], depth: int, gain: float) -> dict[str, Array]:
    """Quantiles of ln s, and the root mean square of ln s, between first and last hidden layer of a wide network."""
    from deeplinear.propagation import jacobian_spectrum

    squares = jacobian_spectrum("tanh", gain=gain, depth=depth - 2, input_variance=gain**2, weights=start)
    law = squares.logarithm()
    return {
        "quantiles": law.ppf(np.array(LEVELS)) / 2,
        "distance": np.array([np.sqrt(law.expect(np.square)) / 2]),
    }


def log_rms(depth: int, gain: float) -> float:
    """``½ Σ_l ln g² E[φ'(√q_l z)²]`` over the same layers: ln of the root mean square of s."""
    from deeplinear.propagation import MeanField, variances

    q = variances("tanh", gain=gain, depth=depth - 3, input_variance=gain**2)
    return sum(float(np.log(MeanField("tanh", gain).gradient_growth(each))) for each in q) / 2


def draw(data: Data, figure: Any) -> None:
    """A column for each depth: learning time, test accuracy, predicted singular values."""
    axes = figure.subplots(3, len(data["depths"]), sharex=True, sharey="row", height_ratios=[1.25, 0.8, 1.1])
    for column, depth in enumerate(data["depths"]):
        draw_column(data, column, axes[:, column])
        left = column == 0
        quiet(axes[0, column], title=f"{depth} layers", x=" ", y="steps to learn" if left else " ")
        quiet(axes[1, column], title=" ", x=" ", y="test accuracy" if left else " ")
        quiet(axes[2, column], title=" ", x="gain g", y="singular values, predicted" if left else " ")
    label_first_column(data, axes[:, 0])


def draw_column(data: Data, column: int, axes: Any) -> None:
    """One depth."""
    gains, top = data["gains"], 1.25 * float(data["steps"])
    at = isometric(data)[column]
    for row in axes:
        row.axvline(at, color=GREY, lw=1, ls="--")
        row.axvline(1, color=MIST, lw=1)
    for s, start in enumerate(STARTS):
        colour = COLOURS[start]
        learned, accuracy = data["learned"][s, column], data["accuracy"][s, column]
        mean = np.where(np.isfinite(learned).all(axis=-1), learned.mean(axis=-1), np.nan)
        axes[0].plot(gains, mean, color=colour, lw=1.6)
        axes[0].plot(gains, learned, "o", color=colour, ms=4, mec="white", mew=0.5)
        never = np.isnan(learned).any(axis=-1)
        axes[0].plot(gains[never], np.full(never.sum(), top * (1.0, 1.25)[s]), "^", color=colour, ms=5, mfc="white")
        axes[1].plot(gains, accuracy.mean(axis=-1), color=colour, lw=1.6)
        axes[1].plot(gains, accuracy, "o", color=colour, ms=3.5, mec="white", mew=0.5)
        low, median, high = data["quantiles"][s, column].T / np.log(10)
        axes[2].fill_between(gains, np.maximum(low, FLOOR), high, color=BANDS[start], lw=0, zorder=1.4 - 0.2 * s)
        axes[2].plot(gains, median, color=colour, lw=1.3)
    axes[2].plot(data["fine"], data["log_rms"][column] / np.log(10), color=INK, lw=1.3, ls=":")
    axes[2].axhline(0, color=GREY, lw=0.7)
    best = fastest(data)[0, column]
    axes[0].plot(
        best, np.nanmin(data["learned"][0, column].mean(axis=-1)), "o", ms=11, mfc="none", mec=VERMILION, mew=1.2
    )
    axes[0].set_yscale("log")
    axes[0].set_ylim(3, 1.7 * top)
    axes[0].set_yticks([5, 10, 20, 50, 100, 200][: 6 if top > 220 else 5])
    axes[0].set_yticklabels([str(n) for n in (5, 10, 20, 50, 100, 200)][: 6 if top > 220 else 5])
    axes[0].minorticks_off()
    axes[1].set_ylim(0, 1)
    axes[2].set_ylim(FLOOR, 3)
    axes[2].set_yticks([-8, -4, 0], ["10$^{-8}$", "10$^{-4}$", "1"])
    axes[2].set_xlim(gains[0] - 0.03, gains[-1] + 0.03)
    label(axes[0], at, 3.0, f"{at:.2f}", GREY, xytext=(4, 4), fontsize=8.5)


def label_first_column(data: Data, axes: Any) -> None:
    """Names, where there is room."""
    rows = (
        ("●  orthogonal weights", VERMILION),
        ("●  Gaussian weights", BLUE),
        ("△  not learned", GREY),
    )
    written(axes[0], 0.42, 0.86, rows)
    words = (("■  5 to 95 %,  —  median", GREY), ("··  root mean square", INK), ("--  g at which that is 1", GREY))
    written(axes[2], 0.02, 0.17, words)
