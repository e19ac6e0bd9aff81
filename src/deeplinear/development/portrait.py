"""A picture of development: items that drift apart, modes that switch on, beliefs that overshoot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deeplinear.curve import Curve
from deeplinear.development.differentiation import pairs_distinguished
from deeplinear.development.similarity import coordinates
from deeplinear.task import Task


def draw(
    curve: Curve, task: Task, figure: Any, *, names: Sequence[str] | None = None, depth: int = 2, layer: int = 1
) -> None:
    """Left: paths of the items, scaled to two dimensions. Right: mode strengths, and pairs told apart.

    Args:
        curve: one start and rate, see `representations`.
        task: see `representations`; two modes or more.
        figure: a matplotlib ``Figure``.
        names: of the items; numbers if not given.
        depth: see `representations`.
        layer: see `representations`.

    Raises:
        ValueError: as `coordinates`, or names that are not one for each item.
    """
    names = [str(i) for i in range(task.n_in)] if names is None else list(names)
    if len(names) != task.n_in or curve.strengths.ndim != 2:
        raise ValueError(
            f"draw needs one run and {task.n_in} names, got strengths of shape {curve.strengths.shape} and {len(names)} names: "
            f"each item has one path. Pass them one by one."
        )
    places = coordinates(curve, task, depth=depth, layer=layer)
    counts = pairs_distinguished(curve, task, depth=depth, layer=layer)
    grid = figure.add_gridspec(2, 2, width_ratios=[1.3, 1])
    left, above = figure.add_subplot(grid[:, 0]), figure.add_subplot(grid[0, 1])
    below = figure.add_subplot(grid[1, 1], sharex=above)
    for path, name in zip(places.swapaxes(0, 1), names, strict=True):
        left.plot(*path.T, lw=1.2)
        left.plot(*path[-1], "o", ms=4, color=left.lines[-1].get_color())
        left.annotate(name, path[-1], xytext=(4, 3), textcoords="offset points", fontsize=8.5)
    left.set_title("items drift apart", loc="left")
    left.set_aspect("equal", adjustable="datalim")
    left.margins(0.15)
    above.plot(curve.times, curve.strengths, lw=1.2)
    above.set_title("mode strengths", loc="left")
    below.plot(curve.times, counts, drawstyle="steps-post", color="0.3")
    below.set_title("pairs of items told apart", loc="left")
    below.set_xlabel("time")
