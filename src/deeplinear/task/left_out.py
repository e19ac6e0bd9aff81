"""Inputs that add nothing to the others, by name and with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.task.directions import Directions

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


@dataclass(frozen=True, eq=False)
class Features:
    """Inputs as they were given, before any whitening.

    Attributes:
        directions: in which they vary.
        constant: what an input of zeros is called: ``"constant"`` where means were subtracted.
        names: of the inputs.
    """

    directions: Directions
    constant: str
    names: Sequence[str]

    def left_out(self) -> tuple[LeftOut, ...]:
        """Inputs that are zero in every example, or a linear function of inputs that stay; the first ones stay.

        Returns:
            As many inputs as the task has more than directions, by column.
        """
        root = (self.directions.vectors * self.directions.sizes).T  # of the scaled inputs: columns of norm 1, or 0
        vary = np.linalg.norm(root, axis=0) > 0.5
        reasons = dict.fromkeys(np.flatnonzero(~vary).tolist(), self.constant)
        stay = independent(root, self.directions.sizes[-1])
        rest = np.setdiff1d(np.flatnonzero(vary), stay)
        if rest.size:
            shares = np.abs(np.linalg.solve(root[:, stay], root[:, rest]))
            parts = shares > 1e-6 * shares.max(axis=0)
            reasons |= {int(column): self.function_of(stay[part]) for column, part in zip(rest, parts.T, strict=True)}
        return tuple(LeftOut(column, self.names[column], reasons[column]) for column in sorted(reasons))

    def function_of(self, inputs: NDArray[np.intp]) -> str:
        """Why an input adds nothing to these."""
        if len(inputs) > NAMED:
            return f"a linear function of {len(inputs)} other inputs"
        *most, last = (self.names[int(column)] for column in inputs)
        return f"a linear function of {' and '.join([*filter(None, [', '.join(most)]), last])}"


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
        if len(stay) == rank:
            break
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
