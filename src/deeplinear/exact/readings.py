"""A task and a start, read in every way that some law asks for; each reading is made when first needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deeplinear.exact.matrices.balance import Balance
from deeplinear.exact.matrices.balance import read as read_balance
from deeplinear.exact.modes.decoupled import Decoupled
from deeplinear.exact.modes.decoupled import read as read_modes
from deeplinear.task import Task
from deeplinear.weights import Weights

LARGEST = 150  # decades of a product of layers


@dataclass(frozen=True, eq=False)
class Start:
    """Where learning starts.

    Attributes:
        task: what is to be learned.
        weights: checked weights ``(W1, …, WL)``.

    Raises:
        ValueError: weights so large that the squares of their products leave float64.
    """

    task: Task
    weights: Weights

    def __post_init__(self) -> None:
        sizes = np.array([np.abs(w).max() for w in self.weights])
        if np.log10(np.maximum(sizes, 1.0)).sum() >= LARGEST:
            raise ValueError(
                f"solve needs weights whose products stay below 1e{LARGEST}, got layers with entries up to "
                f"{', '.join(f'{size:.3g}' for size in sizes[:5])}: float64 ends at their squares. Rescale the task and the weights."
            )

    @cached_property
    def modes(self) -> Decoupled:
        """Read as decoupled modes."""
        return read_modes(self.task, self.weights)

    @cached_property
    def balance(self) -> Balance:
        """Read as balanced matrices."""
        return read_balance(self.weights)

    @cached_property
    def residuals(self) -> dict[str, float]:
        """Every condition that some law needs, measured: 0 where it holds exactly."""
        return self.modes.residuals | self.balance.residuals

    def residual(self, need: str) -> float:
        """One of them, without the reading that it does not come from."""
        reading = self.balance if need in ("λ-balanced", "balanced layers") else self.modes
        return reading.residuals[need]
