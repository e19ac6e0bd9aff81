"""Colours that survive colour blindness and print (Okabe & Ito 2008), and quiet axes; nothing global is touched."""

from __future__ import annotations

from typing import Any

INK, GREY, MIST = "#222222", "#8a8a8a", "#dddddd"
BLUE, SKY, ORANGE, VERMILION, GREEN, PURPLE = "#0072b2", "#56b4e9", "#e69f00", "#d55e00", "#009e73", "#aa4499"


def quiet(axes: Any, *, title: str, x: str, y: str) -> None:
    """Name a panel and its axes, and take away what is not data."""
    axes.set_title(title, loc="left", fontsize=10.5, color=INK, pad=9)
    axes.set_xlabel(x, fontsize=9.5, color=INK)
    axes.set_ylabel(y, fontsize=9.5, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=8.5, color=GREY)


def label(axes: Any, x: float, y: float, text: str, colour: str, **how: Any) -> None:
    """Write a name next to its line, on a white halo so that lines may pass behind it."""
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=2.5, foreground="white")]
    axes.annotate(text, (x, y), color=colour, path_effects=halo, **{"fontsize": 9, "textcoords": "offset points"} | how)


def written(axes: Any, x: float, y: float, rows: Any) -> None:
    """Write lines of text, each in its colour, downwards from a place given in fractions of the axes."""
    for row, (text, colour) in enumerate(rows):
        axes.text(x, y - 0.07 * row, text, transform=axes.transAxes, color=colour, fontsize=9, va="bottom")
