"""Learning curves: strengths of modes, or the loss, against time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.draw.style import GREY

if TYPE_CHECKING:
    from deeplinear.arrays import Array

NAMED = 10  # modes with a label of their own


def draw_strengths(ax: Any, times: Array, strengths: Array, targets: Array, modes: Sequence[int], **line: Any) -> None:
    """A line for each mode, in one colour for all runs of a batch, and a dashed line at its target.

    Args:
        ax: matplotlib axes.
        times: shape ``(T,)``.
        strengths: shape ``(..., T, k)``.
        targets: shape ``(k,)``.
        modes: which to draw, from 0.
        line: properties of the lines, as in ``ax.plot``.
    """
    runs = strengths.reshape(-1, *strengths.shape[-2:])
    for number, mode in enumerate(modes):
        first, *others = ax.plot(times, runs[:, :, mode].T, **line)
        if number < NAMED:
            first.set_label(f"mode {mode + 1}")
        for other in others:
            other.set_color(first.get_color())
        ax.axhline(targets[mode], color=GREY, ls="--", lw=0.6, zorder=0)
    ax.set_xlabel("time")
    ax.set_ylabel("mode strength")


def draw_loss(ax: Any, times: Array, loss: Array, name: str, **line: Any) -> None:
    """A line for each run of losses ``(..., T)``, the first one labelled."""
    first, *_ = ax.plot(times, np.atleast_2d(loss.reshape(-1, loss.shape[-1])).T, **line)
    first.set_label(name)
    ax.set_xlabel("time")
    ax.set_ylabel("loss")
