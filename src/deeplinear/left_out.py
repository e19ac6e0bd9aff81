"""Inputs that add nothing to the others, by name and with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.directions import Array, Directions

NAMED = 3  # inputs that a sentence lists by name
BLOCK = 64  # inputs that are made orthogonal to the earlier ones at a time


class LeftOut(NamedTuple):
    """An input that adds nothing to the others: white tasks have no direction for it.

    Attributes:
        column: its position among the inputs, from 0.
        name: its name, or ``x[:, column]``.
        reason: why it adds nothing.
    """

    column: int
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"


def left_out(directions: Directions, *, constant: str, names: Sequence[str]) -> tuple[LeftOut, ...]:
    """Inputs that are zero in every example, or a linear function of inputs that stay; the first ones stay.

    Args:
        directions: of the inputs.
        constant: what an input of zeros is called: ``"constant"`` where means were subtracted.
        names: of the inputs.

    Returns:
        As many inputs as the task has more than directions, by column.
    """
    root = (directions.vectors * directions.sizes).T  # of the scaled inputs: columns of norm 1, or 0
    vary = np.linalg.norm(root, axis=0) > 0.5
    reasons = {int(column): constant for column in np.flatnonzero(~vary)}
    stay = independent(root, directions.sizes[-1])
    rest = np.setdiff1d(np.flatnonzero(vary), stay)
    if rest.size:
        shares = np.linalg.solve(root[:, stay], root[:, rest])
        for column, share in zip(rest, shares.T, strict=True):
            parts = [names[int(i)] for i in stay[np.abs(share) > 1e-6 * np.abs(share).max()]]
            listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
            what = listed if len(parts) <= NAMED else f"{len(parts)} other inputs"
            reasons[int(column)] = f"a linear function of {what}"
    return tuple(LeftOut(column, names[column], reasons[column]) for column in sorted(reasons))


def listed(inputs: Sequence[LeftOut], most: int = NAMED) -> str:
    """The first of them in words, and how many more there are."""
    more = len(inputs) - most
    return ", ".join(str(each) for each in inputs[:most]) + (f" and {more} more" if more > 0 else "")


def independent(root: Array, least: float) -> NDArray[np.intp]:
    """Columns that are not in the span of those kept before them, as many as there are rows; ascending.

    Args:
        root: shape ``(rank, count)``, of full rank.
        least: its smallest singular value. If every column were nearer than half of it over √count to the columns that are
            kept, their number could not be less than the rank.
    """
    rank, count = root.shape
    basis, stay = np.zeros((rank, rank)), []
    for start in range(0, count, BLOCK):
        block, before = root[:, start : start + BLOCK], len(stay)
        for _ in range(2):  # the second pass removes what rounding left of the first
            block = block - basis[:, :before] @ (basis[:, :before].T @ block)
        for i in range(block.shape[1]):
            size = np.linalg.norm(block[:, i])
            if size > 0.5 * least / np.sqrt(count) and len(stay) < rank:
                new = basis[:, len(stay)] = block[:, i] / size
                stay.append(start + i)
                for _ in range(2):
                    block = block - np.outer(new, new @ block)
    return np.array(stay, dtype=np.intp)
