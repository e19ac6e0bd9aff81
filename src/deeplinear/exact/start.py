"""A task and a start, read in every way that some law asks for; each reading is made when first needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from deeplinear.exact.matrices.balance import Balance
from deeplinear.exact.matrices.balance import read as read_balance
from deeplinear.exact.modes.decoupled import Decoupled
from deeplinear.exact.modes.decoupled import read as read_modes
from deeplinear.task import Task
from deeplinear.weights import Weights


@dataclass(frozen=True, eq=False)
class Start:
    """Where learning starts.

    Attributes:
        task: what is to be learned.
        weights: checked weights ``(W1, …, WL)``.
    """

    task: Task
    weights: Weights

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
