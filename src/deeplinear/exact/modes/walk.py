"""Gradient descent between two steps: decoupled modes side by side, each a chain of scalars."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deeplinear.arrays import Array

    Mask = NDArray[np.bool_]


MOST = 5_000_000  # steps: a minute or two


def refuse(steps: int) -> None:
    """Say that so many steps would take too long."""
    raise ValueError(
        f"discrete descent needs at most {MOST} steps, got {steps} of a descent that still moves: each of them is taken. Pass a "
        f"law of gradient flow, which is as good at rates so small, or fewer steps."
    )


class Walk:
    """All modes at all rates between two steps, one a column; equal layers stay equal and are carried once.

    Args:
        s: singular values, shape ``(m,)``.
        power: input powers, shape ``(m,)``.
        rate: learning rates, shape ``(m,)``.
        start: layer strengths, shape ``(L, m)``.
        momentum: of the heavy ball.
        nesterov: take the gradient ahead.
    """

    def __init__(self, s: Array, power: Array, rate: Array, start: Array, momentum: float, nesterov: bool):
        self.s, self.power, self.rate, self.momentum, self.nesterov = s, power, rate, momentum, nesterov
        self.rows, self.member, count = np.unique(start, axis=0, return_inverse=True, return_counts=True)
        self.twins = count[:, None] - 1.0 if (count > 1).any() else None
        self.velocity = np.zeros_like(self.rows)
        self.still = False
        with np.errstate(over="ignore", invalid="ignore"):
            self.others, self.u = self.products(self.rows)

    @property
    def layers(self) -> Array:
        """Layer strengths, shape ``(L, m)``."""
        return self.rows[self.member]

    def products(self, a: Array) -> tuple[Array, Array]:
        """``Π_{j≠l} a_j`` for each distinct layer, and the product of all; no division, so zeros are nothing special."""
        twins = 1.0 if self.twins is None else a**self.twins
        groups = a * twins
        below, above = np.ones_like(a), np.ones_like(a)
        np.cumprod(groups[:-1], axis=0, out=below[1:])
        np.cumprod(groups[:0:-1], axis=0, out=above[-2::-1])
        return below * above * twins, below[-1] * groups[-1]

    def step(self) -> None:
        """One step of descent; a mode whose strength leaves float64 is infinite from then on."""
        with np.errstate(over="ignore", invalid="ignore"):
            others, u = self.others, self.u
            if self.nesterov:
                others, u = self.products(self.rows + self.rate * (self.momentum * self.velocity))
            gradient = (self.s - self.power * u) * others
            velocity = self.momentum * self.velocity + gradient if self.momentum else gradient
            rows = self.rows + self.rate * velocity
            self.others, u = self.products(rows)
        lost = ~np.isfinite(u)
        if lost.any():
            rows[:, lost], velocity[:, lost], u[lost] = np.inf, 0.0, np.inf
        self.still = (  # descent has no memory beyond rows and velocity: what repeats once repeats for ever
            np.array_equal(u, self.u)
            and np.array_equal(rows, self.rows)
            and (self.momentum == 0 or np.array_equal(velocity, self.velocity))
        )
        self.rows, self.velocity, self.u = rows, velocity, u

    def recorded(self, steps: NDArray[np.intp], read: Callable[[Walk], Array]) -> Array:
        """What is read after these numbers of steps, in any order, shape ``(T, ...)``."""
        ascending, back = np.unique(steps, return_inverse=True)
        out = np.empty((len(ascending), *read(self).shape))
        done = 0
        for i, step in enumerate(ascending.tolist()):
            while done < step and not self.still:
                if done == MOST:
                    refuse(step)
                self.step()
                done += 1
            out[i] = read(self)
        return out[back]

    def first(self, reached: Callable[[Walk], Mask], pending: Mask, limit: int) -> Array:
        """First step, up to a limit, after which each pending mode is where it should be; NaN for never."""
        out, pending = np.full(pending.shape, np.nan), pending.copy()
        for step in range(limit + 1):
            new = pending & reached(self)
            out[new] = step
            pending &= ~new
            if self.still or not pending.any():
                break
            if step == MOST:
                refuse(limit)
            self.step()
        return out
