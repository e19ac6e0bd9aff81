"""One mode whose layers differ, as a function of its weakest layer alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@dataclass(frozen=True)
class Chain:
    """One mode of one network: target s and layer strengths at the start."""

    s: float
    start: Array

    @cached_property
    def weakest(self) -> int:
        """Which layer is the variable."""
        return int(np.argmin(np.abs(self.start)))

    @cached_property
    def a0(self) -> float:
        """Its strength at the start."""
        return float(self.start[self.weakest])

    @cached_property
    def constants(self) -> Array:
        """``k_j = a_j² − a²`` of the other layers, shape ``(L − 1,)``."""
        others = np.abs(np.delete(self.start, self.weakest))
        return (others - abs(self.a0)) * (others + abs(self.a0))

    @cached_property
    def scale(self) -> float:
        """Size of a below which the others stop changing: √ of the least k; |a_0| where the weakest two are equal."""
        return math.sqrt(self.constants.min()) or abs(self.a0)

    @cached_property
    def sign(self) -> float:
        """Sign of the product of the other layers, counted from the side on which a starts for those equal to it."""
        others = np.delete(self.start, self.weakest)
        return math.prod(1.0 if a >= 0 else -1.0 for a in others)

    @cached_property
    def learned(self) -> bool:
        """Whether the mode reaches its target rather than the saddle at 0."""
        tied = self.constants.min() == 0
        return self.s > 0 and not (tied and self.a0 * self.sign <= 0)

    def others(self, a: float) -> Array:
        """Sizes of the other layers."""
        return np.sqrt(a * a + self.constants)

    def product(self, a: float) -> float:
        """Product of the other layers, with its sign."""
        return self.sign * float(np.prod(self.others(a)))

    def gain(self, a: float) -> float:
        """``Σ_l Π_{j≠l} a_j²``, so that ``tau du/dt = (s − u) gain``."""
        sizes = np.append(self.others(a), abs(a))
        return float(sum(np.prod(np.delete(sizes, i)) ** 2 for i in range(len(sizes))))

    def weakest_at(self, u: float) -> float:
        """The variable a at which the strength is u: bisection, then Newton."""
        low, high = 0.0, abs(u) ** (1 / len(self.start))  # the others are not weaker than a
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if middle * abs(self.product(middle)) < abs(u) else (low, middle)
        a = high
        for _ in range(3):
            product = abs(self.product(a))
            a -= (a * product - abs(u)) * product / self.gain(a)
        return math.copysign(a, u * self.sign)
