"""What the figure ``gains`` finds, put to the test: where deep tanh networks learn fastest, and what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, listed

if TYPE_CHECKING:
    from deeplinear.task import Array

Data = dict[str, Any]

STARTS = ("orthogonal", "gaussian")


def times(data: Data) -> Array:
    """Steps to learn, mean over seeds, infinite where one never did: ``(starts, depths, gains)``."""
    return np.where(np.isfinite(data["learned"]), data["learned"], np.inf).mean(axis=-1)


def fastest(data: Data) -> Array:
    """Gain of the shortest learning time, ``(starts, depths)``; NaN where nothing learned."""
    found = times(data)
    return np.where(np.isfinite(found).any(axis=-1), data["gains"][found.argmin(axis=-1)], np.nan)


def isometric(data: Data) -> Array:
    """Gain at which the predicted root mean square singular value is 1, ``(depths,)``: it rises with the gain."""
    return np.array([np.interp(0.0, row, data["fine"]) for row in data["log_rms"]])


def claims(data: Data) -> list[Claim]:
    """All of them."""
    return []
