r"""Steps for plateaus: linearly implicit, as long as what moves slowly allows, however stiff the rest is.

Near a saddle the learned modes relax within ``1/(L s^(2−2/L))``, and what is yet to be learned grows 10³ to 10¹⁵ times more slowly: an
explicit method would take that many steps. Along gradient flow the Jacobian is minus the Hessian H, symmetric and of few
large eigenvalues, so that ``(2/h + H) k = b`` takes a dozen Hessian-vector products by conjugate gradients. These need a
positive definite matrix, and so h < 2/γ for the fastest growth γ: no step is longer than the growth that it must resolve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from deeplinear.curvature.lanczos import largest_at
from deeplinear.curvature.products import hessian_product, shaped
from deeplinear.task import Task
from deeplinear.weights import Weights

if TYPE_CHECKING:
    from deeplinear.arrays import Array

ERROR = 2e-4  # of a step, in units of that step: times of learning to about 3e-5
ROUNDING = 1e-13  # of the weights: no step need be more accurate
SOLVED = 1e-9  # residual of the linear systems
GROWTH = 3.0  # largest growth of a small perturbation within a step
STIR = 1e-3  # of fresh directions mixed into that perturbation at every step
STUCK = 40.0  # growth, as a logarithm, of perturbations while the loss stays: rounding is e⁻³⁷
ENDLESS = 1e15  # length of a step, in units of the fastest time constant, at which rounding drives what is slow
QUIET = 100  # steps with forces that are mere rounding: of an escape they would have made one


class Implicit:
    """Gradient flow from one point, by Rosenbrock steps of order 3 with an error estimate of order 2.

    Attributes:
        t: time reached, in units of tau.
        y: all weights there.
        h: length of the next step.
        growth: logarithm of how far a small perturbation in the worst direction would have grown until now.

    Source:
        Sandu et al. 1997, Atmospheric Environment 31, 3459 (RODAS3), in the autonomous form with γ = ½.
    """

    def __init__(
        self, task: Task, like: Weights, velocity: Callable[[float, Array], Array], t: float, y: Array, h: float
    ):
        self.task, self.like, self.velocity = task, like, velocity
        self.t, self.y, self.h, self.growth = t, y, h, 0.0
        self.force = velocity(t, y)
        self.rng = np.random.default_rng(0)
        self.perturbation = self.direction()

    def direction(self) -> Array:
        """A random unit vector."""
        vector = self.rng.normal(size=self.y.size)
        return vector / np.linalg.norm(vector)

    def step(self) -> None:
        """Take one step, as long as the errors and the growth of perturbations allow."""
        product, wider = hessian_product(self.task, shaped(self.y, self.like)), 5.0
        while True:
            if not self.h > np.finfo(float).eps * self.t:
                raise ValueError(
                    f"ending needs a flow that steps can follow, got steps of {self.h:.3g} at t={self.t:.6g}: weights or rates are "
                    f"beyond float64. Rescale the task or the start."
                )
            with np.errstate(over="ignore", invalid="ignore"):  # a step too long by far is taken back
                found = self.trial(product, self.h)
            if found is None:
                self.h, wider = self.h / 4, 1.5
                continue
            change, error, grown, stretched = found
            allowed = ERROR * np.linalg.norm(change) + ROUNDING * np.linalg.norm(self.y)
            ratio = float(np.linalg.norm(error) / allowed) if allowed > 0 else 0.0
            if ratio <= 1:
                break
            self.h *= max(0.2, 0.9 / ratio**0.5)
        self.before = (self.t, self.y, self.force)
        self.t, self.y = self.t + self.h, self.y + change
        self.force = self.velocity(self.t, self.y)
        self.growth += max(0.0, float(np.log(grown)))
        self.perturbation = stretched / np.linalg.norm(stretched) + STIR * self.direction()
        self.h *= min(wider, 0.9 / max(ratio, 1e-6) ** 0.5)

    def trial(self, product: Callable[[Array], Array], h: float) -> tuple[Array, Array, float, Array] | None:
        """Change of the weights, its error, growth of the perturbation and what it becomes; None where h is too long."""
        stretched = solved(product, 2 / h, self.perturbation)
        if stretched is None:
            return None
        stretched = 4 / h * stretched - self.perturbation
        grown = float(np.linalg.norm(stretched) / np.linalg.norm(self.perturbation))
        if not grown <= GROWTH:
            return None
        stages: list[Array] = []
        for at, carried in (((), ()), ((), (4,)), ((2, 0), (1, -1)), ((2, 0, 1), (1, -1, -8 / 3))):
            moved = [c * k for c, k in zip(at, stages, strict=True)] if at else []
            right = self.velocity(self.t, self.y + sum(moved)) if at else self.force
            stage = solved(product, 2 / h, right + sum(c / h * k for c, k in zip(carried, stages, strict=True)))
            if stage is None:
                return None
            stages.append(stage)
        return 2 * stages[0] + stages[2] + stages[3], stages[3], grown, stretched

    def dense_output(self) -> Callable[[float], Array]:
        """The last step as a function of time, by cubic Hermite interpolation."""
        return Hermite(*self.before, self.t, self.y, self.force)


@dataclass(frozen=True, eq=False)
class Hermite:
    """The cubic between two times with given values and slopes."""

    begun: float
    low: Array
    slope: Array
    end: float
    high: Array
    last: Array

    def __call__(self, t: float) -> Array:
        """The value at a time."""
        h, rise = self.end - self.begun, self.high - self.low
        x = (t - self.begun) / h
        return self.low + x * rise + x * (1 - x) * ((1 - x) * (h * self.slope - rise) - x * (h * self.last - rise))


@dataclass
class Watch:
    """Whether a flow on a plateau has come to its end, or to the end of what float64 can follow.

    Attributes:
        loss: the loss when it last fell by `little`.
        little: a fall that counts.
        growth: logarithm of the growth of perturbations until then.
        fastest: largest curvature when the loss was last at `measured`.
        measured: that loss.
        quiet: steps since then with forces that are mere rounding.
    """

    loss: float
    little: float
    growth: float = 0.0
    fastest: float = 0.0
    measured: float = np.inf
    quiet: int = 0

    def verdict(self, task: Task, flow: Implicit, loss: float) -> Literal["", "saddle", "plateau"]:
        """The reason to stop, if there is one."""
        if loss < self.loss - self.little:
            self.loss, self.growth, self.quiet = loss, flow.growth, 0
        if loss < 0.9 * self.measured:
            self.measured, self.fastest = loss, largest_at("ending", task, shaped(flow.y, flow.like))
        if flow.growth - self.growth > STUCK:
            return "saddle"
        rounding = 8 * np.finfo(float).eps * self.fastest * np.linalg.norm(flow.y)
        self.quiet += bool(np.linalg.norm(flow.force) < rounding)
        return "plateau" if flow.h * self.fastest > ENDLESS or self.quiet > QUIET else ""


def solved(product: Callable[[Array], Array], shift: float, right: Array) -> Array | None:
    """``(shift + H)⁻¹ right`` by conjugate gradients; None where the matrix is not positive definite or nothing converges."""
    found, rest = np.zeros_like(right), right
    direction, size = rest, float(rest @ rest)
    goal = SOLVED**2 * size
    for _ in range(len(right) + 50):
        if size <= goal:
            return found
        image = shift * direction + product(direction)
        curvature = float(direction @ image)
        if not curvature > 0:
            return None
        found = found + size / curvature * direction
        rest = rest - size / curvature * image
        size, last = float(rest @ rest), size
        direction = rest + size / last * direction
    return None
