"""Examples in rows: inputs and targets of a nonlinear network, which sees more of them than their correlations."""

from __future__ import annotations

from dataclasses import dataclass

from deeplinear.arrays import Array


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples in rows.

    Attributes:
        x: inputs, shape ``(examples, n_in)``.
        y: targets, shape ``(examples, n_out)``.
        floor: loss that no network of these examples sees (what a linear map cannot explain of a task's outputs).
    """

    x: Array
    y: Array
    floor: float = 0.0

    @property
    def one_hot(self) -> bool:
        """Whether each target is 1 at one output of several and 0 elsewhere."""
        y = self.y
        return y.shape[1] > 1 and bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
