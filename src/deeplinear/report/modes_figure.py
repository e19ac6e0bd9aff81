"""When each mode is learned, and how near learning comes to the edge of stability, as a picture."""

from __future__ import annotations

import io
import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.report.signature import METADATA

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.report.prediction import Prediction

SHOWN = 8  # modes with a name and a colour in the drawing
WIDTH, HEIGHT, ROW = 12.0, 4.4, 0.19  # inches: of the picture, of its panels, and of a line of text below or above them
LINE = 160  # characters of a line of text across the picture
POINTS = 1000  # at least, of a curve
LATER = "#b0b0b0"  # of modes beyond those with a colour: lighter than GREY, and seen on white


def save(prediction: Prediction, file: Path) -> None:
    """Draw into a file (png, svg or pdf) that says who made it; letters that the font lacks are drawn as boxes, in silence."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    kind, content = file.suffix.lower(), io.BytesIO()
    figure = Figure(figsize=size(prediction), layout="constrained")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        draw(prediction, figure)
        with rc_context({"svg.hashsalt": "deeplinear"}):
            figure.savefig(content, dpi=160, format=kind[1:], metadata=METADATA[kind])
    file.write_bytes(content.getvalue())


def size(prediction: Prediction) -> tuple[float, float]:
    """Width and height in inches: panels of one size, and room for the names of modes below them."""
    rows = len(legend_lines(prediction)) + len(description(prediction).splitlines())
    return WIDTH, HEIGHT + ROW * (rows + 1)


def draw(prediction: Prediction, figure: Any) -> None:
    """Share of its target that each mode has reached, theory as lines, descent as dots; and how near to the edge it comes.

    Args:
        prediction: of `deeplinear.report.predict.predict`.
        figure: a matplotlib Figure or SubFigure, best of the `size` for it.
    """
    from deeplinear.draw.style import INK, quiet
    from deeplinear.report import edge

    if prediction.path is None:
        axes, others = figure.subplots(), []
    else:
        left, right = figure.subfigures(1, 2, width_ratios=(1.5, 1.0))
        axes = left.subplots()
        edge.draw(prediction.path, right)
        others = right.axes
    layers = "1 weight matrix" if prediction.depth == 1 else f"{prediction.depth} weight matrices"
    quiet(axes, title=f"When each mode is learned, {layers}", x="epochs", y="strength / target")
    draw_curves(prediction, axes)
    draw_names(prediction, figure)
    figure.suptitle(description(prediction), x=0.01, ha="left", fontsize=9, color=INK, parse_math=False)
    later = prediction.half_times[prediction.half_times > 0]
    if len(later) and later.max() > 10 * later.min():
        scale, first = "log", max(1.0, later.min() / 5)
    else:
        scale, first = "linear", 0.0
    axes.set_ylim(0, 1.25)
    for panel in (axes, *others):
        panel.set_xscale(scale)
        panel.set_xlim(first, prediction.theory.times[-1])


def draw_curves(prediction: Prediction, axes: Any) -> None:
    """Strengths over targets, with the number of each coloured mode on its curve."""
    from deeplinear.draw.style import GREY, label

    times, k = prediction.theory.times, len(prediction.targets)
    for i in range(k - 1, -1, -1):
        share = prediction.theory.strengths[:, i] / prediction.targets[i]
        axes.plot(*smooth(times, share), color=colour_of(i), lw=1.7 if i < SHOWN else 1.0)
        if i >= SHOWN:
            continue
        if prediction.run is not None:
            descended = prediction.run.strengths[:, i] / prediction.targets[i]
            reached = [
                int(np.argmax(descended >= level)) for level in (0.1, 0.3, 0.5, 0.7, 0.9) if descended.max() >= level
            ]
            axes.plot(
                prediction.run.times[reached], descended[reached], "o", ms=4, color=colour_of(i), mfc="white", mew=1
            )
        height = 0.5 + 0.09 * ((min(k, SHOWN) - 1) / 2 - i)  # a step is more than a letter is high
        if share[0] < height < share[-1]:
            place = np.interp(height, share[: 1 + np.argmax(share > height)], times[: 1 + np.argmax(share > height)])
            label(axes, place, height, str(i + 1), colour_of(i), xytext=(4, -3))
    note = "lines: theory" + ("" if prediction.run is None else ", dots: gradient descent")
    if not prediction.exact:
        note += f"\napproximate: inputs not aligned with the task (correlation {prediction.task.misalignment:.2g})"
    axes.text(0.015, 0.97, note, transform=axes.transAxes, va="top", fontsize=9, color=GREY)


def smooth(times: Array, values: Array) -> tuple[Array, Array]:
    """A curve between its samples: with a run these are whole epochs, few enough to be seen as corners."""
    from scipy.interpolate import PchipInterpolator

    if len(times) < 3:
        return times, values
    finely = np.unique(np.concatenate([times, np.linspace(times[0], times[-1], POINTS)]))
    return finely, PchipInterpolator(times, values)(finely)


def draw_names(prediction: Prediction, figure: Any) -> None:
    """The names of the modes below the panels, each with its colour."""
    from matplotlib.lines import Line2D

    from deeplinear.draw.style import INK

    lines = legend_lines(prediction)
    if not lines:
        return
    handles = [Line2D([], [], color=colour_of(mode), lw=1.7 if mode < SHOWN else 1.0) for mode, _ in lines]
    texts = [text for _, text in lines]
    legend = figure.legend(handles, texts, loc="outside lower left", frameon=False, fontsize=9, labelcolor=INK)
    for text in legend.get_texts():
        text.set_parse_math(False)  # a $ in a column's name is a dollar


def legend_lines(prediction: Prediction) -> list[tuple[int, str]]:
    """Modes, from 0, and what to say of them; nothing where they have no names."""
    names, k = prediction.task.mode_names, len(prediction.targets)
    if not names:
        return []
    lines = [(i, textwrap.shorten(f"mode {i + 1}: {names[i]}", LINE, placeholder=" …")) for i in range(min(k, SHOWN))]
    if k > SHOWN:
        lines.append((SHOWN, f"modes {SHOWN + 1} to {k}" if k > SHOWN + 1 else f"mode {k}: {names[k - 1]}"))
    return lines


def description(prediction: Prediction) -> str:
    """The data in a line or two."""
    lines = textwrap.wrap(prediction.task.description, LINE, max_lines=2, placeholder=" …")
    return "\n".join(lines)


def colour_of(mode: int) -> str:
    """The colour of a mode, from 0."""
    from deeplinear.draw.style import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION

    colours = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, INK, "#8c5a2b")  # the last is brown
    return colours[mode] if mode < SHOWN else LATER
