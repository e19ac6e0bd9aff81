"""Fig. 6A: from orthogonal and pretrained starts learning time does not grow with depth; from Gaussian weights it does.

Paper: on MNIST, at the depths, widths and learning rates of Fig. 4, iterations to the threshold and the rate that took
fewest, for scaled random weights, greedy pretraining and random orthogonal weights; and the eigenvalues of a random
orthogonal matrix, on the unit circle.

The paper does not say whether inputs were whitened. On white ones an orthogonal net's first step is a Gauss-Newton step,
and its learning time an integer near 1: so white, centred and raw inputs are shown, and a stricter threshold. Every network
has its own grid of rates, as coarse as the paper's and going on to slower ones. Pretrained stacks come from the greedy
descent itself, on white inputs from random weights, elsewhere from aligned ones; their readout is small and random.

Networks that move in no small subspace cost a full step of 1000 units a layer, so only orthogonal ones on white inputs run
at all of the paper's fifteen depths; the others run at five to nine of them, and at most 250 iterations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deeplinear.draw.style import BLUE, GREEN, GREY, INK, SKY, VERMILION, quiet, written
from deeplinear.figures.growth import claims, growth, rows_of
from deeplinear.figures.parameters import typed
from deeplinear.figures.sources import Source, task_of
from deeplinear.figures.starts import MEASURED, STARTS, study
from deeplinear.sweep import sweep

__all__ = ["PAPER", "QUICK", "SIZE", "claims", "compute", "draw"]

Data = dict[str, Any]

ALL = (3, 5, 8, 10, 14, 20, 28, 36, 44, 54, 64, 74, 84, 94, 100)
MANY = (3, 5, 8, 10, 14, 20, 28, 54, 100)
FEW = (3, 5, 8, 28, 100)
SHALLOW = (3, 5, 8, 14, 28)
SEEDED = (3, 5, 8, 10, 14, 20)
BOTH = (1.3e4, 0.999)

PAPER: dict[str, Any] = {
    "data": "mnist",
    "width": 1000,
    "rates": (1e-4, 19 / 3, 1e-10),
    "steps": 250,
    "hold": 10,
    "runs": (
        ("gaussian", "white", (1.3e4,), (3, 5, 8, 10, 14, 20, 28, 100), (0,)),  # from 20 on: not within ``steps``
        ("gaussian", "white", (1.3e4,), SEEDED, (1, 2)),
        ("gaussian", "raw", (1.3e4,), MANY, (0,)),
        ("gaussian", "centred", (1.3e4,), FEW, (0,)),
        *(("glorot", inputs, (1.3e4,), SHALLOW, (0,)) for inputs in ("white", "raw")),
        ("orthogonal", "white", BOTH, ALL, (0, 1, 2, 3, 4)),
        ("orthogonal", "raw", (1.3e4,), MANY, (0,)),
        ("orthogonal", "raw", (1.3e4,), SEEDED, (1, 2)),
        ("orthogonal", "centred", (1.3e4,), FEW, (0,)),
        ("pretrained", "white", BOTH, MANY, (0,)),
        ("pretrained", "raw", (1.3e4,), MANY, (0,)),
        ("pretrained", "centred", (1.3e4,), FEW, (0,)),
    ),
    "pretraining": {
        "white": {"readout": 0.1},
        "centred": {"readout": 0.1, "start": "aligned", "epochs": 5000},
        "raw": {"readout": 0.1, "start": "aligned", "epochs": 5000},
    },
    "witness": 10,
    "matrix": 100,
}
FEWER, TARGET = (3, 5, 9, 17, 33), (0.929,)
QUICK: dict[str, Any] = PAPER | {
    "data": "digits",
    "width": 128,
    "rates": (1e-2, 19 / 3, 1e-8),
    "steps": 100,
    "runs": (
        *((start, "white", TARGET, FEWER, (0,)) for start in STARTS),
        *((start, "raw", (0.792,), FEWER, (0,)) for start in STARTS if start != "glorot"),
        *((start, "white", TARGET, FEWER[:3], (1, 2)) for start in ("gaussian", "orthogonal")),
        *((start, "white", (0.999,), FEWER, (0,)) for start in ("orthogonal", "pretrained")),
    ),
    "witness": 5,
}
SIZE = (15.0, 7.2)
LOOKS = {"gaussian": (BLUE, "o"), "glorot": (SKY, "D"), "orthogonal": (VERMILION, "o"), "pretrained": (GREEN, "s")}


@typed
def compute(
    *,
    data: Source,
    width: int,
    rates: tuple[float, float, float],
    steps: int,
    hold: int,
    runs: tuple[tuple[str, str, tuple[float, ...], tuple[int, ...], tuple[int, ...]], ...],
    pretraining: dict[str, dict[str, Any]],
    witness: int,
    matrix: int,
) -> Data:
    """Learning times and best rates over depth.

    Args:
        data: ``"mnist"`` (50 000 examples), ``"digits"``, or a dictionary of tasks of your own, one for each kind of inputs.
        width: of every hidden layer.
        rates: the fastest, how many a decade, and the slowest.
        steps: most iterations.
        hold: iterations for which a network must stay below the threshold to have learned for good.
        runs: kind of start, inputs, targets (losses, or up to 1 shares of what can be learned), the paper's N_l, and
            seeds.
        pretraining: options of ``deeplinear.initial.pretrained`` for each kind of inputs.
        witness: the N_l that also runs in float64, on raw inputs; the others run in float32.
        matrix: size of the orthogonal matrix whose eigenvalues are shown.

    Returns:
        A table, one row for each network: ``start``, ``inputs``, ``target``, ``layers``, ``seed`` and what `study`
        measured; ``witness`` and ``witnessed``, iterations in float64 and in float32; ``eigenvalues``, shape ``(matrix, 2)``.
    """
    from deeplinear import initial

    for inputs in {run[1] for run in runs} | {"raw"}:
        task_of("fig6a", data, inputs)  # type: ignore[arg-type]  # better refused before anything is computed
    common = {"data": data, "width": width, "rates": rates, "steps": steps, "hold": hold}
    jobs = []
    for start, inputs, targets, layers, seeds in runs:
        options = {"start": start, "inputs": inputs, "targets": targets, "pretraining": pretraining.get(inputs, {})}
        pieces = [layers] if start == "pretrained" else [(n,) for n in layers]  # one stack holds all depths
        jobs += [common | options | {"layers": piece, "seed": seed} for piece in pieces for seed in seeds]
    target = next(run[2] for run in runs if run[1] == "raw")
    twice = {
        "inputs": "raw",
        "targets": target,
        "layers": (witness,),
        "seed": 0,
        "pretraining": pretraining.get("raw", {}),
    }
    jobs += [common | twice | {"start": start, "double": double} for start in STARTS for double in (False, True)]
    order = np.argsort([-sum(job["layers"]) * (2 - (job["start"] == "orthogonal")) for job in jobs], kind="stable")
    done = dict(zip(order, sweep(study, [jobs[i] for i in order]), strict=True))
    pairs = [done[len(jobs) - 2 * len(STARTS) + i]["iterations"][0, 0] for i in range(2 * len(STARTS))]
    table: dict[str, list[Any]] = {
        name: [] for name in ("start", "inputs", "target", "layers", "seed", "epochs", *MEASURED)
    }
    for i, job in enumerate(jobs[: -2 * len(STARTS)]):
        for row, target in enumerate(job["targets"]):
            for column, count in enumerate(job["layers"]):
                entry = {"target": f"{target:g}", "layers": count} | {
                    name: job[name] for name in ("start", "inputs", "seed")
                }
                for name, value in (entry | {name: found[row, column] for name, found in done[i].items()}).items():
                    table[name].append(value)
    values = np.linalg.eigvals(initial.orthogonal([matrix, matrix], rng=0)[0])
    return {name: np.array(column) for name, column in table.items()} | {
        "witnessed": np.array(pairs[0::2]),
        "witness": np.array(pairs[1::2]),
        "steps": np.array(steps),
        "eigenvalues": np.stack([values.real, values.imag], axis=-1),
    }


def draw(data: Data, figure: Any) -> None:
    """Above, learning times; below, best rates; a column for each kind of inputs; right, the eigenvalues."""
    shown = [
        (name, inputs, strict)
        for name, inputs, strict in (
            ("white inputs", "white", False),
            ("white, to 0.1 %", "white", True),
            ("centred inputs", "centred", False),
            ("raw inputs", "raw", False),
        )
        if len(rows_of(data, "orthogonal", inputs, strict=strict))
    ]
    left, right = figure.subfigures(1, 2, width_ratios=[len(shown), 1.05])
    axes = left.subplots(2, len(shown), sharey="row", squeeze=False)
    for column, (name, inputs, strict) in enumerate(shown):
        for row, measured in enumerate(("iterations", "rate")):
            draw_starts(data, axes[row, column], inputs, strict, measured)
        quiet(axes[0, column], title=name, x="number of layers N$_l$", y="iterations to learn")
        quiet(axes[1, column], title="best rate", x="number of layers N$_l$", y="learning rate")
    axes[0, 0].axhline(data["steps"], color=GREY, lw=0.8, ls=":")
    rows = [(f"●  {start}", LOOKS[start][0]) for start in reversed(STARTS)]
    written(axes[0, 1], 0.05, 0.88, [*rows, ("△  not learned by then", GREY)])
    draw_circle(data, right.subplots(2, 1, height_ratios=[1, 0.6]))


def draw_starts(data: Data, axes: Any, inputs: str, strict: bool, measured: str) -> None:
    """One measure against depth: seeds as dots, their means as lines, open triangles where nothing was learned."""
    for start, (colour, marker) in LOOKS.items():
        rows = rows_of(data, start, inputs, strict=strict)
        learned = np.isfinite(data["iterations"][rows])
        layers, values = data["layers"][rows], np.where(learned, data[measured][rows], np.nan)
        axes.plot(layers, values, marker, color=colour, ms=4.5, mec="white", mew=0.5, ls="none")
        unique = np.unique(layers[learned])
        axes.plot(unique, [np.nanmean(values[layers == n]) for n in unique], color=colour, lw=1.4, alpha=0.8)
        if measured == "iterations":
            missing = layers[~learned]
            axes.plot(
                missing, np.full(len(missing), float(data["steps"])), "^", color=colour, ms=5, mfc="white", ls="none"
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([3, 5, 10, 20, 50, 100], ["3", "5", "10", "20", "50", "100"])
    axes.minorticks_off()


def draw_circle(data: Data, panels: Any) -> None:
    """Eigenvalues of the orthogonal matrix, and the growth of each start in words."""
    circle, words = panels
    quiet(circle, title="eigenvalues, orthogonal matrix", x="Re λ", y="Im λ")
    angle = np.linspace(0, 2 * np.pi, 200)
    circle.plot(np.cos(angle), np.sin(angle), color=GREY, lw=0.8)
    circle.plot(*data["eigenvalues"].T, "o", color=VERMILION, ms=3, mec="white", mew=0.3)
    circle.set_aspect("equal")
    quiet(words, title="growth with depth, white inputs", x="exponent of learning time", y="")
    for i, start in enumerate(STARTS):
        slope, error = growth(data, rows_of(data, start, "white"))
        words.errorbar(slope, -i, xerr=error, fmt=LOOKS[start][1], color=LOOKS[start][0], ms=5, capsize=2)
    words.set_yticks([-i for i in range(len(STARTS))], STARTS)
    words.axvline(0, color=INK, lw=0.6)
    words.set_ylabel("start", fontsize=9.5, color=INK)
