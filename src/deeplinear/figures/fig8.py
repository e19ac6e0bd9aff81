"""Fig. 8: at gain one the activity of a tanh network dies out slowly; above one it settles at a level of its own.

Paper: left, the map q_in → q_out of eq. (48) at g = 1, tanh; right, its fixed point q∞(g) of eq. (49), red, and simulated,
blue: networks of N_l = 30 layers, N = 1000 units, mean of the last five layers. The edge of chaos is g_c = 1: below, activity
vanishes; above, it reaches q∞ > 0.

Not stated in the paper, our choice: x¹ ~ N(0, 1), and the gains. Several networks and inputs are run where the paper runs
one; near g = 1 thirty layers are too few to reach the fixed point, so that (48) followed for thirty layers is drawn too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.draw.style import BLUE, GREY, INK, MIST, VERMILION, label, quiet, written
from deeplinear.figures.parameters import typed
from deeplinear.figures.parts import watched
from deeplinear.figures.variance_claims import claims

if TYPE_CHECKING:
    from deeplinear.arrays import Array

__all__ = ["PAPER", "QUICK", "SIZE", "claims", "compute", "draw"]

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "n": 1000,
    "layers": 30,
    "last": 5,
    "networks": 4,
    "inputs": 4,
    "gains": (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0),
    "rng": 0,
}
QUICK: dict[str, Any] = PAPER | {"n": 400}
SIZE = (11.6, 4.6)
PRINTED = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0)  # q_in at which the map is claimed
EXACT = (1.01, 1.02, 1.05, 1.1, 1.2, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0)  # gains at which the fixed point is
SHOWN = (0.8, 1.0, 1.5, 2.0)  # gains whose maps are drawn
FINE, WIDEST = 111, 4.0  # points of each curve, and the largest q_in drawn


@typed
def compute(*, n: int, layers: int, last: int, networks: int, inputs: int, gains: tuple[float, ...], rng: int) -> Data:
    """The variance map and its fixed points, exact and simulated.

    Args:
        n: width.
        layers: the paper's N_l; there is one weight matrix fewer.
        last: layers over which the simulated q∞ is averaged.
        networks: random orthogonal networks.
        inputs: random inputs of each.
        gains: at which they run.
        rng: seed.

    Returns:
        ``q_in`` and ``q_out``, the map at g = 1, at `PRINTED`; ``exact_gains`` with ``fixed_points`` and ``chi``, at `EXACT`;
        ``curve_gains`` and ``curve``, ``map_in`` and ``maps`` at gains `SHOWN`, for drawing; ``gains`` with ``simulated`` q of every layer, shape
        ``(gains, networks * inputs, layers)``, ``followed``, the same by (48), shape ``(gains, layers)``, and ``levels``,
        the fixed points; ``critical``, q along 101 layers at g = 1 from q¹ = 1, by (48); ``edge``, the critical gain.
    """
    from deeplinear.propagation import MeanField, critical_gain, variances

    at_one = MeanField("tanh", 1.0)
    curve, inner = np.linspace(min(gains), max(gains), FINE), np.linspace(0, WIDEST, FINE)
    seeds = np.random.SeedSequence(rng).spawn(networks)
    return {
        "q_in": np.array(PRINTED),
        "q_out": np.array([at_one.variance_map(q) for q in PRINTED]),
        "exact_gains": np.array(EXACT),
        "fixed_points": np.array([level(g) for g in EXACT]),
        "chi": np.array([MeanField("tanh", g).chi for g in EXACT]),
        "curve_gains": curve,
        "curve": np.array([level(g) for g in curve]),
        "map_in": inner,
        "maps": np.array([[MeanField("tanh", g).variance_map(q) for q in inner] for g in SHOWN]),
        "gains": np.array(gains),
        "simulated": np.concatenate(
            [activity(n, layers, inputs, gains, np.random.default_rng(s)) for s in watched(seeds, networks)], axis=1
        ),
        "followed": np.array([variances("tanh", gain=g, depth=layers - 1, input_variance=1.0) for g in gains]),
        "levels": np.array([level(g) for g in gains]),
        "critical": np.asarray(variances("tanh", gain=1.0, depth=100, input_variance=1.0)),
        "edge": np.array(critical_gain("tanh")),
        "last": np.array(last),
        "n": np.array(n),
    }


def level(gain: float) -> float:
    """q∞(g) of (49) that activity settles at."""
    from deeplinear.propagation import MeanField

    return MeanField("tanh", gain).variance_fixed_point()


def activity(n: int, layers: int, inputs: int, gains: tuple[float, ...], rng: np.random.Generator) -> Array:
    """Mean square q of every layer, eq. (21), of one orthogonal network at all gains: shape ``(gains, inputs, layers)``."""
    from deeplinear.haar import haar

    x = np.broadcast_to(rng.standard_normal((inputs, n)), (len(gains), inputs, n))
    scale = np.array(gains)[:, None, None]
    q = [(x**2).mean(axis=-1)]
    for _ in range(layers - 1):
        x = scale * np.tanh(x) @ haar(n, n, rng).T
        q.append((x**2).mean(axis=-1))
    return np.stack(q, axis=-1)


def settled(data: Data) -> Array:
    """Simulated q∞, the mean of the last layers, shape ``(gains, networks * inputs)``."""
    return data["simulated"][..., -int(data["last"]) :].mean(axis=-1)


def draw(data: Data, figure: Any) -> None:
    """Left: the map and where it meets the diagonal. Right: fixed points against gain."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.25])
    draw_maps(data, left)
    draw_levels(data, right)


def draw_maps(data: Data, axes: Any) -> None:
    """Maps at several gains, the paper's in red, with the layers of simulated networks on it."""
    q = data["map_in"]
    quiet(axes, title="Variance, layer to layer", x="q$_{in}$", y="q$_{out}$")
    axes.plot(q, q, color=MIST, lw=1.2)
    for gain, out in zip(SHOWN, data["maps"], strict=True):
        paper = gain == 1
        colour = VERMILION if paper else GREY
        axes.plot(q, out, color=colour, lw=2 if paper else 1)
        name = "g = 1, as in the paper" if paper else f"{gain:g}"
        label(axes, q[-1], out[-1], name, colour, xytext=(-2, 5), ha="right", fontsize=9 if paper else 8.5)
        if gain > 1:
            at = level(gain)
            axes.plot(at, at, "o", color=INK, ms=5, mec="white", mew=0.8, zorder=3)
    runs = data["simulated"][np.flatnonzero(data["gains"] == 1)[0]]
    axes.plot(runs[:, :-1], runs[:, 1:], "o", color=BLUE, ms=3, mec="white", mew=0.3)
    label(axes, 1.0, 0.394, "layers of networks, g = 1", BLUE, xytext=(0, -13), ha="center", fontsize=8.5)
    label(axes, 3.0, 3.0, "q$_{out}$ = q$_{in}$", GREY, xytext=(-4, 6), ha="right", fontsize=8.5)
    axes.set_xlim(0, WIDEST)
    axes.set_ylim(0, 3.4)


def draw_levels(data: Data, axes: Any) -> None:
    """Theory, simulation with its spread, and a magnified view of the edge."""
    quiet(axes, title="Where activity settles", x="gain g", y="q$_\\infty$")
    runs, last = settled(data), int(data["last"])
    layers = data["followed"].shape[1]
    near = axes.inset_axes((0.14, 0.5, 0.46, 0.4))
    for place in (axes, near):
        place.plot(data["curve_gains"], data["curve"], color=VERMILION, lw=2)
        place.errorbar(data["gains"], runs.mean(axis=1), runs.std(axis=1), fmt="o", color=BLUE, ms=5, mec="white", lw=1)
    close = data["gains"] <= 1.11
    near.plot(data["gains"][close], data["followed"][close, -last:].mean(axis=1), color=GREY, lw=1.2, ls="--")
    near.set_xlim(0.88, 1.115)
    near.set_ylim(-0.006, 0.13)
    near.set_xticks([0.9, 1.0, 1.1])
    near.set_yticks([0, 0.1])
    near.spines[["top", "right"]].set_visible(False)
    near.spines[["left", "bottom"]].set_color(GREY)
    near.tick_params(colors=INK, labelsize=8, color=GREY)
    near.set_title("at the edge of chaos", fontsize=9, color=INK, loc="left")
    rows = [
        ("—  fixed point (49)", VERMILION),
        (f"●  networks, mean of layers {layers - last + 1} to {layers}; sd of one", BLUE),
        ("- - the same layers by (48)", GREY),
    ]
    written(axes, 0.44, 0.15, rows)
    axes.set_xlim(data["curve_gains"][0], data["curve_gains"][-1] + 0.03)
    axes.set_ylim(-0.15, 1.03 * data["curve"].max())
