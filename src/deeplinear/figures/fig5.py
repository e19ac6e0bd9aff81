"""Fig. 5: pretraining decouples MNIST, because its task modes are nearly the principal components of its inputs.

Paper: left, part of the raw correlation Σ¹¹; centre, part of V'Σ¹¹V, nearly diagonal, which eq. (18) asks for. Right,
training error of a linear network of five layers with 200 hidden units each: from N(0, .01²) weights (black) it rests
on a plateau; pretrained greedily (red), shifted by the epochs that this took, it learns at once and is first.

Not stated in the paper, our choice: raw inputs; the readout N(0, .01²) as well; and one learning rate for everything,
1/2λ with λ the largest input power, at which a layer is done after 600 epochs or when 5 % of what it can reconstruct is
left. What the race shows depends on the rate: since the targets s/d of raw pixels are small, the random network is far
less sharp than the pretrained one, and stable at rates ten times higher. At the rate that is best for each, it has
learned before pretraining is over. Both are drawn.

The paper prints VΣ¹¹V'; with singular vectors in columns it is V'Σ¹¹V.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.draw.style import GREY, INK, VERMILION, label, quiet
from deeplinear.figures.parameters import typed
from deeplinear.figures.pretraining_claims import claims, spent
from deeplinear.figures.race import race
from deeplinear.figures.sources import Source, name_of, task_of
from deeplinear.sweep import sweep

if TYPE_CHECKING:
    from deeplinear.arrays import Array

__all__ = ["PAPER", "QUICK", "SIZE", "claims", "compute", "draw"]

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "data": "mnist",
    "hidden": (200, 200, 200),
    "std": 0.01,
    "epochs": 600,
    "left": 0.05,
    "common": 0.5,
    "random_rates": (3.0, 6.0, 12.0, 24.0, 48.0, 96.0),
    "pretrained_rates": (0.5, 1.0, 1.5, 1.9),
    "share": 0.79,
    "steps": 600,
    "long": 11_000,
    "every": 25,
    "draws": 20,
    "rng": 0,
}
QUICK: dict[str, Any] = PAPER | {
    "data": "digits",
    "hidden": (40, 40, 40),
    "std": 0.03,
    "random_rates": (1.5, 3.0, 6.0),  # at 12 the run is chaotic: 275 to 456 epochs, by the last bits of the processor
    "pretrained_rates": (0.5, 1.0, 1.5),
    "steps": 600,
    "long": 5000,
    "every": 10,
}
SIZE = (13.2, 4.3)
INPUTS = ("raw", "centred")
PATCH = (4, 14)  # rows and columns of the image whose pixels are shown


@typed
def compute(
    *,
    data: Source,
    hidden: tuple[int, ...],
    std: float,
    epochs: int,
    left: float,
    common: float,
    random_rates: tuple[float, ...],
    pretrained_rates: tuple[float, ...],
    share: float,
    steps: int,
    long: int,
    every: int,
    draws: int,
    rng: int,
) -> Data:
    """Scores of raw and centred inputs, and the race on both.

    Args:
        data: ``"mnist"`` (50 000 examples), ``"digits"``, or a dictionary of tasks of your own, ``{"raw": …, "centred": …}``.
        hidden: widths of the hidden layers.
        std: of all random weights.
        epochs: of pretraining, at most, for each layer.
        left: share of what a layer can reconstruct at which its pretraining ends before that.
        common: rate of pretraining and of both long runs, in units of 1 / the largest input power.
        random_rates: grid for the random start, in the same units.
        pretrained_rates: grid for the pretrained one.
        share: of what can be learned at which a network has learned.
        steps: of each run of the grids.
        long: steps of the long runs; a third of them for centred inputs, which learn sooner.
        every: steps between recorded points.
        draws: random bases to compare with.
        rng: seed.

    Returns:
        ``pixels`` and ``block``, the matrices; scores ``(inputs, 4)`` of raw and centred inputs with ``random`` bases
        ``(inputs, draws)``; the races' arrays under ``raw_random_…``, ``raw_pretrained_…`` and the same for centred.
    """
    from deeplinear.initial.consistency import consistency

    found = {inputs: consistency(task_of("fig5", data, inputs), draws=draws, rng=rng) for inputs in INPUTS}
    fixed = {"data": data, "hidden": hidden, "std": std, "epochs": epochs, "left": left, "common": common} | {
        "share": share,
        "steps": steps,
        "every": every,
        "rng": rng,
    }
    grids = {"random": random_rates, "pretrained": pretrained_rates}
    pairs = [(inputs, start) for inputs in INPUTS for start in ("random", "pretrained")]
    lengths = {"raw": long, "centred": long // (3 * every) * every}
    jobs = [
        fixed | {"inputs": inputs, "start": start, "rates": grids[start], "long": lengths[inputs]}
        for inputs, start in pairs
    ]
    races = sweep(race, jobs, workers=1 if data == "digits" else -1)
    raw = found["raw"]
    return {
        "data": np.array(name_of(data)),
        "pixels": central(raw.task.input_correlation),
        "block": raw.block,
        "scores": np.array([[c.score, c.leading, c.as_given, c.outside] for c in found.values()]),
        "random": np.array([c.random for c in found.values()]),
        "cosines": raw.cosines,
        "epochs": np.array(epochs),
        "hidden": np.array(hidden),
        "common": np.array(common),
        "share": np.array(share),
        **{
            f"{inputs}_{start}_{name}": array
            for (inputs, start), each in zip(pairs, races, strict=True)
            for name, array in each.items()
        },
    }


def central(correlation: Array) -> Array:
    """The correlation of a patch in the middle of the image, row after row."""
    side = isqrt(len(correlation))
    image = np.arange(side**2).reshape(side, side)
    rows, columns = ((side - n) // 2 for n in PATCH)
    pixels = image[max(rows, 0) :, max(columns, 0) :][: PATCH[0], : PATCH[1]].ravel()
    return correlation[np.ix_(pixels, pixels)]


def draw(data: Data, figure: Any) -> None:
    """Left: Σ¹¹ in pixels. Centre: in the task's modes. Right: the race."""
    from deeplinear.initial.consistency import draw_matrix

    left, centre, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.75])
    score, _, pixels, _ = data["scores"][0]
    mean, sd = data["random"][0].mean(), data["random"][0].std(ddof=1)
    for axes, matrix, text, name in (
        (left, data["pixels"], f"Σ¹¹ in pixels: {pixels:.2f} off the diagonal", "pixel (central patch)"),
        (centre, data["block"], f"V'Σ¹¹V: {score:.3f} (random bases {mean:.2f} ± {sd:.2f})", "task mode"),
    ):
        shown = draw_matrix(axes, matrix, text, name)
        quiet(axes, title=text, x=name, y=name)
        axes.spines[["left", "bottom"]].set_visible(False)
        ticks = np.unique(np.linspace(1, len(matrix), 4).round().astype(int))
        axes.set_xticks(ticks)
        axes.set_yticks(ticks)
    place = centre.inset_axes((1.05, 0.03, 0.05, 0.94))
    bar = figure.colorbar(shown, cax=place, ticks=[-1, -0.1, -0.01, 0, 0.01, 0.1, 1])
    bar.ax.set_yticklabels(["−1", "−0.1", "−0.01", "0", "0.01", "0.1", "1"])
    bar.ax.tick_params(labelsize=8, color=GREY)
    bar.outline.set_visible(False)
    draw_race(data, right)


def draw_race(data: Data, axes: Any) -> None:
    """Errors over epochs, the pretrained one's after its pretraining."""
    quiet(axes, title="Pretrained weights have no plateau", x="epochs", y="training error / its first value")
    first, floor, shift = float(data["raw_random_first"]), float(data["raw_random_floor"]), spent(data, "raw")
    times, end = data["raw_random_times"], float(data["raw_random_times"][-1])
    axes.axhline(floor / first, color=GREY, lw=1, ls=":")
    axes.plot(times, data["raw_random_loss"] / first, color=INK, lw=1.8)
    best = data["raw_random_best"] / first
    axes.plot(np.arange(len(best)), best, color=GREY, lw=1.3)
    tuned = data["raw_pretrained_times"] + shift
    axes.plot(tuned[tuned <= end], data["raw_pretrained_loss"][tuned <= end] / first, color=VERMILION, lw=2)
    axes.plot([0, shift], [1, 1], color=VERMILION, lw=2, alpha=0.35)
    for layer in np.cumsum(data["raw_pretrained_spent"]):
        axes.plot([layer, layer], [0.985, 1.015], color=VERMILION, lw=1.2)
    rate, common = float(data["raw_random_best_rate"]), float(data["common"])
    label(axes, shift, 1.05, "pretraining, layer by layer", VERMILION, xytext=(6, 0), fontsize=8.5)
    middle = int(np.argmin(np.abs(times - 0.62 * end)))
    label(
        axes, times[middle], data["raw_random_loss"][middle] / first, "random N(0, σ²)", INK, xytext=(6, 8), fontsize=9
    )
    at = int(np.argmin(np.abs(tuned - 0.32 * end)))
    label(axes, tuned[at], data["raw_pretrained_loss"][at] / first, "pretrained", VERMILION, xytext=(4, 7), fontsize=9)
    text = f"grey: random at its own\nbest rate, {rate / common:.0f} times higher"
    label(axes, 1.05 * shift, 0.61, text, GREY, xytext=(6, 0), fontsize=8.5)
    label(axes, end, floor / first, "best linear map", GREY, xytext=(-2, -11), ha="right", fontsize=8.5)
    axes.set_xlim(0, end)
    axes.set_ylim(0.9 * floor / first, 1.1)
