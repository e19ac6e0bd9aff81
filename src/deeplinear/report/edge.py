"""How near learning comes to the edge of stability: sharpness along a law, under the line 2/rate, and the loss below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deeplinear.curvature.path import SharpnessPath


def draw(path: SharpnessPath, figure: Any) -> None:
    """Sharpness and loss against time, one above the other, with the largest sharpness at which descent with ``path.rate`` is stable.

    Args:
        path: of `deeplinear.curvature.path.sharpness_path`.
        figure: a matplotlib Figure or SubFigure.
    """
    from deeplinear.draw.style import BLUE, INK, VERMILION, label, quiet

    upper, lower = figure.subplots(2, sharex=True)
    highest = max(path.sharpness.max(), path.limit)
    sharp = path.sharpness > path.limit
    quiet(upper, title="Sharpness and the edge of stability", x="", y="sharpness")
    upper.plot(path.times, path.sharpness, color=BLUE, lw=1.7)
    upper.axhline(path.limit, color=VERMILION, lw=1.0, ls="--")
    upper.fill_between(path.times, path.limit, path.sharpness, where=sharp, color=VERMILION, alpha=0.2, lw=0)
    note = f"2 / rate: above it gradient descent is unstable{' (as here)' if sharp.any() else ''}"
    label(upper, 0.015, path.limit, note, VERMILION, xycoords=("axes fraction", "data"), xytext=(0, 3), fontsize=8.5)
    upper.set_ylim(0, 1.2 * highest)
    quiet(lower, title="", x="epochs", y="loss")
    lower.plot(path.times, path.loss, color=INK, lw=1.7)
    lower.set_ylim(0, 1.1 * path.loss.max())
