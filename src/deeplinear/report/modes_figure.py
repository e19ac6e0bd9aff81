"""When each mode is learned, and how near learning comes to the edge of stability, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from deeplinear.report.prediction import Prediction

SIZE = (12.0, 4.4)
SHOWN = 8  # modes with a name and a colour in the drawing


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
        else f"\napproximate: inputs not aligned with the task (correlation {prediction.task.misalignment:.2g})"
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
