"""The student: how strongly it holds a mode of its training data, and when each mode of the noise is learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import real_number, whole_number
from deeplinear.exact import checks
from deeplinear.exact.modes import depth as deep
from deeplinear.exact.modes import sigmoid

if TYPE_CHECKING:
    from deeplinear.arrays import Array

HALVINGS = 26  # of the angle at which the front stands: panels need to shrink towards it, not to meet it


@dataclass(frozen=True)
class Student:
    """A linear network whose modes are those of its training data, all of strength u0 at the start.

    Attributes:
        u0: initial strength of every mode, ``> 0``; 0 is allowed for one layer.
        tau: ``1 / learning rate``, ``> 0``.
        depth: number of weight matrices.
        hidden: smallest hidden width: the student holds that many of the strongest modes. None for as many as there are.

    Raises:
        ValueError: a number out of its domain.
    """

    u0: float
    tau: float
    depth: float
    hidden: int | None

    def __post_init__(self) -> None:
        clean = {"depth": checks.depths("Student", self.depth)}
        clean["tau"] = real_number("Student", "tau", self.tau, "> 0", "it is 1 / learning rate. Pass 1.0.")
        clean["u0"] = real_number("Student", "u0", self.u0, "finite", "it is the strength at the start. Pass 1e-3.")
        if not (self.depth == 1 and self.u0 == 0):
            checks.starts("Student", clean["u0"])
        if self.hidden is not None:
            units = "it is a number of units. Leave it out for a layer as wide as the task."
            clean["hidden"] = whole_number("Student", "hidden", self.hidden, 1, advice=units)
            if self.depth == 1:
                raise ValueError(
                    f"Student needs depth >= 2 for hidden units, got hidden={self.hidden} at depth=1: {units}"
                )
        for name, value in clean.items():
            object.__setattr__(self, name, value)

    def strengths(self, t: ArrayLike, s: ArrayLike) -> Array:
        """Strength at times t of modes of singular value s, of both broadcast together."""
        if self.depth == 1:
            faded = np.exp(-np.asarray(t) / self.tau)
            return self.u0 * faded + np.asarray(s) * -np.expm1(-np.asarray(t) / self.tau)
        if self.depth == 2:
            return sigmoid.strength(t, s=s, u0=self.u0, tau=self.tau)
        return deep.strength(t, s=s, u0=self.u0, tau=self.tau, depth=self.depth)

    def learning_time(self, u: ArrayLike, s: ArrayLike) -> Array:
        """Time at which modes of singular value s have strength u; infinite if never, negative if before the start."""
        if self.depth == 1:
            u, s = np.asarray(u), np.asarray(s)
            with np.errstate(invalid="ignore", divide="ignore"):
                times = self.tau * np.log1p((u - self.u0) / (s - u))
            return np.where((u >= s) == (self.u0 >= s), times, np.inf)
        return deep.learning_time(u, s=s, u0=self.u0, tau=self.tau, depth=self.depth)

    def sharpness(self, s: float) -> float:
        """Relative width in s of the front between modes learned and not yet learned, at most about 1."""
        ratio = min(self.u0 / s, 0.1)
        return 1.0 if self.depth == 1 else min(ratio ** (1 - 2 / self.depth), 1 / np.log(1 / ratio))

    def front(self, t: Array, s: Callable[[Array], Array], end: float) -> Array:
        """The x in (0, end) at which mode ``s(x)``, s rising, is half learned at each time; shape of t."""
        low, high = np.zeros(t.shape), np.full(t.shape, end)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            now = np.maximum(s(middle), 1e-300)
            learned = (self.learning_time(now / 2, now) <= t) & (now > 2 * self.u0)
            low, high = np.where(learned, low, middle), np.where(learned, middle, high)
        return high
