"""Fig. 2: the plane of one mode's two layer strengths: a saddle at the origin, hyperbolas that end on ab = s.

Paper: the vector field of τ a' = b (s − ab), τ b' = a (s − ab) for s = 1, the hyperbola of fixed points ab = 1, and two
trajectories, which keep a² − b². Drawn here on [−2, 2]² (our choice), with trajectories of the exact law for unequal
layers as lines and those of gradient descent as dots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.draw.style import BLUE, GREEN, GREY, INK, VERMILION, label, quiet
from deeplinear.figures.claim import Claim, below, claim, near, same
from deeplinear.figures.parameters import typed

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "s": 1.0,
    "extent": 2.0,
    "grid": 19,
    "starts": (
        (0.9, -0.6),
        (-0.2, 0.25),
        (-1.9, 1.7),
        (0.02, 1.8),
        (1.5, -1.65),
        (-0.6, -0.1),
        (-1.2, -1.9),
        (1.9, 1.1),
    ),
    "duration": 9.0,
    "rate": 0.005,
    "points": 120,
}
QUICK: dict[str, Any] = PAPER | {"rate": 0.01, "points": 90}
SIZE = (5.8, 5.4)
FIELD_STEP = 0.125  # rate of the one step that measures the field, a power of two: dividing by it rounds nothing


@typed
def compute(
    *,
    s: float,
    extent: float,
    grid: int,
    starts: tuple[tuple[float, float], ...],
    duration: float,
    rate: float,
    points: int,
) -> Data:
    """Vector field and trajectories.

    Args:
        s: singular value of the one mode.
        extent: the plane is drawn from −extent to extent.
        grid: arrows along each side.
        starts: (a, b) of each trajectory.
        duration: how long to follow them, in units of τ.
        rate: of gradient descent, which also runs at half of it.
        points: of each trajectory.

    Returns:
        ``field`` of shape ``(grid, grid, 2)``, what one step of gradient descent adds to (a, b) per unit of rate; trajectories ``law``, ``descent``, ``finer`` (half the rate) of shape
        ``(starts, points + 1, 2)`` at ``times``; ``path``, the law at more of them; ``hessian`` of ½ (s − ab)² at the origin, by finite differences.
    """
    side = np.linspace(-extent, extent, grid)
    a, b = np.meshgrid(side, side)  # rows are b
    stride = max(1, round(duration / rate / points))
    times = np.arange(points + 1) * float(stride * rate)
    return {
        "side": side,
        "field": gradient(a, b, s),
        "starts": np.array(starts),
        "times": times,
        "law": exact_paths(np.array(starts), s, times),
        "path": exact_paths(np.array(starts), s, np.linspace(0, np.sqrt(times[-1]), 300) ** 2),
        "descent": descended_paths(starts, s, rate, stride, points),
        "finer": descended_paths(starts, s, rate / 2, 2 * stride, points),
        "hessian": hessian_at_origin(s),
        "s": np.array(s),
    }


def exact_paths(starts: Array, s: float, times: Any) -> Array:
    """Trajectories of the exact law, shape ``(starts, times, 2)``."""
    from deeplinear.exact.modes.unequal import layers

    a0, b0 = starts.T[:, :, None]
    return np.stack(layers(times, s=s, a0=a0, b0=b0), axis=-1)


def descended_paths(starts: tuple[tuple[float, float], ...], s: float, rate: float, stride: int, points: int) -> Array:
    """Trajectories of gradient descent on a 1-1-1 network, noted every ``stride`` steps, shape ``(starts, points + 1, 2)``."""
    from deeplinear.simulate.linear.descent import descend
    from deeplinear.task import Task

    task = Task.from_modes([s])
    places = [np.array(starts, dtype=np.float64)]
    for _ in range(points):
        weights = [(np.array([[a]]), np.array([[b]])) for a, b in places[-1]]
        run = descend(task, weights, rate=rate, steps=stride, record=stride, reduce=False)
        places.append(np.stack([w[:, 0, 0] for w in run.weights], axis=-1))
    return np.stack(places, axis=1)


def gradient(a: Array, b: Array, s: float) -> Array:
    """The vector field as gradient descent has it: one step from every (a, b) over its rate, ``(*a.shape, 2)``."""
    from deeplinear.simulate.linear.descent import descend
    from deeplinear.task import Task

    starts = [(np.array([[x]]), np.array([[y]])) for x, y in zip(a.ravel(), b.ravel(), strict=True)]
    run = descend(Task.from_modes([s]), starts, rate=FIELD_STEP, steps=1, record=1, reduce=False)
    moved = np.stack([w[:, 0, 0] for w in run.weights], axis=-1).reshape(*a.shape, 2)
    return (moved - np.stack([a, b], axis=-1)) / FIELD_STEP


def hessian_at_origin(s: float, step: float = 1e-3) -> Array:
    """Second differences of the training loss of a 1-1-1 network at a = b = 0, shape ``(2, 2)``."""
    from deeplinear.task import Task

    task = Task.from_modes([s])
    moves = step * np.eye(2)

    def loss(place: Array) -> float:
        return float(task.loss(np.array([[place[0] * place[1]]])))

    return np.array(
        [
            [sum(i * j * loss(i * moves[p] + j * moves[q]) for i in (1, -1) for j in (1, -1)) for q in range(2)]
            for p in range(2)
        ]
    ) / (4 * step**2)


def claims(data: Data) -> list[Claim]:
    """Saddle, hyperbolas, end points, and descent on the law's trajectories."""
    s, law, descent, finer = float(data["s"]), data["law"], data["descent"], data["finer"]

    def drift(paths: Array) -> float:
        conserved = paths[..., 0] ** 2 - paths[..., 1] ** 2
        return float(np.abs(conserved - conserved[:, :1]).max())

    ends, signs = law[:, -1].prod(axis=-1), np.sign(data["starts"].sum(axis=-1))
    side, field = data["side"], data["field"]
    a, b = np.meshgrid(side, side)
    paper = np.stack([b * (s - a * b), a * (s - a * b)], axis=-1)
    rest = (np.abs(field).max(axis=-1) < 1e-12) & (np.abs(a * b - s) > 1e-9)
    gaps = [float(np.abs(paths - law).max()) for paths in (descent, finer)]
    right = (np.sign(law[:, -1]) == signs[:, None]).all(axis=-1)
    return [
        claim(
            "The origin is a saddle: the Hessian of the training loss has the eigenvalues −s and s there.",
            near(np.linalg.eigvalsh(data["hessian"]), [-s, s], 1e-5, ".6f"),
        ),
        claim(
            "A gradient step moves (a, b) along the paper's field, b (s − ab) and a (s − ab), everywhere on the grid.",
            below(np.abs(field - paper).max(), 1e-12, ".1e", what="largest difference "),
        ),
        claim(
            "Off the hyperbola ab = s a gradient step leaves only the origin where it is.",
            same(rest.sum(), 1, what="points on the grid: "),
            same(np.hypot(a, b)[rest], [0], ".3g", what="their distance from the origin "),
        ),
        claim(
            "The exact law conserves a² − b².",
            below(drift(law), 1e-12, ".1e", what="drift "),
        ),
        claim(
            "Descent conserves a² − b² up to its finite step: half the rate gives half the drift.",
            near(drift(descent) / drift(finer), 2, 0.1, ".3f", what="ratio "),
            aside=f"drift {drift(descent):.1e}",
        ),
        claim(
            "Every trajectory of the exact law ends on ab = s, on the branch on its side of a + b = 0.",
            near(ends, s, 1e-3, ".4f", what="ab = "),
            same(right.sum(), len(ends), what="on their side: "),
        ),
        claim(
            "Descent follows the exact law up to its finite step: half the rate gives half the distance.",
            below(gaps[0], 0.05, ".1e", what="distance "),
            near(gaps[0] / gaps[1], 2, 0.1, ".3f", what="ratio "),
        ),
    ]


def draw(data: Data, figure: Any) -> None:
    """The plane."""
    axes, side, s = figure.subplots(), data["side"], float(data["s"])
    edge = side[-1]
    quiet(axes, title="All but the saddle's ridge runs to ab = s, along hyperbolas", x="a", y="b")
    speed = np.linalg.norm(data["field"], axis=-1, keepdims=True)
    arrows = data["field"] / np.maximum(speed, 1e-12) * np.minimum(speed, 1.0) ** 0.5
    axes.quiver(side, side, *np.moveaxis(arrows, -1, 0), color=BLUE, alpha=0.35, angles="xy", width=0.0026, scale=26)
    for sign in (1, -1):
        a = sign * np.geomspace(s / edge, edge, 200)
        axes.plot(a, s / a, color=VERMILION, lw=2.2)
    axes.plot([-edge, edge], [edge, -edge], color=GREY, lw=1, ls=":")
    for path, descent in zip(data["path"], data["descent"], strict=True):
        axes.plot(*path.T, color=GREEN, lw=1.6)
        apart = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(descent, axis=0).T))])
        shown = np.unique(np.searchsorted(apart, np.arange(0, apart[-1], 0.16)))
        axes.plot(*descent[shown].T, "o", color=GREEN, ms=3.2, mfc="white", mew=0.9)
        axes.plot(*path[0], "o", color=GREEN, ms=5)
    axes.plot(0, 0, "X", color=INK, ms=8, mec="white", mew=0.8)
    label(axes, 0, 0, "saddle", INK, xytext=(8, -11))
    label(axes, s / 1.75, 1.75, "minima ab = s", VERMILION, xytext=(9, 3))
    label(axes, 0.93 * edge, -0.93 * edge, "ridge: ends at the saddle", GREY, xytext=(-4, -3), ha="right")
    a, b = data["starts"][0]
    label(axes, a, b, "— exact law\n○ descent", GREEN, xytext=(9, -12))
    axes.set_xlim(-1.02 * edge, 1.02 * edge)
    axes.set_ylim(-1.02 * edge, 1.02 * edge)
    axes.set_aspect("equal")
