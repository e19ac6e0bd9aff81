"""One exact solution, bound to a task and a start: what `solve` returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.curve import Curve
from deeplinear.exact import checks
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.task import Array


@dataclass(frozen=True, eq=False)
class Trajectory:
    """How a whole network moves: the common form of decoupled modes and of shallow networks.

    Attributes:
        strengths: times ``(T,)`` to strengths ``(T, k)``.
        loss: times ``(T,)`` to losses ``(T,)``.
        maps: times ``(T,)`` to end-to-end maps ``(T, n_out, n_in)``.
        crossing: a fraction to the times ``(k,)`` at which the modes first reach it of their targets; NaN for never.
        condition: times ``(T,)`` to ``κ``, shape ``(T, k)``.
        limit: loss at infinite time.
        scale: a time typical of learning, from which searches start.
    """

    strengths: Callable[[Array], Array]
    loss: Callable[[Array], Array]
    maps: Callable[[Array], Array]
    crossing: Callable[[float], Array]
    condition: Callable[[Array], Array]
    limit: float
    scale: float


@dataclass(frozen=True, eq=False)
class Law:
    """An exact solution of gradient flow. Call it with times, in epochs if tau is 1 / learning rate.

    Attributes:
        name: which formula, with its equation.
        source: where it is from.
        conditions: what it needs, and the measured residual of each: 0 where it holds exactly.
        task: what is learned.
        tau: the time constant.
        trajectory: the formula at work.

    Example:
        >>> import numpy as np
        >>> from deeplinear import Task
        >>> from deeplinear.exact import solve
        >>> law = solve(Task.from_modes([3.0, 1.0]), (np.eye(2) * 0.1, np.eye(2) * 0.1), tau=100.0)
        >>> law.name
        'two-layer sigmoid (Saxe et al. 2014, eq. 12)'
        >>> law.half_times.round(2)
        array([ 95.01, 229.76])
        >>> law([0.0, 1000.0]).loss.round(6)
        array([4.9601, 0.    ])
    """

    name: str
    source: str
    conditions: dict[str, float]
    task: Task
    tau: float
    trajectory: Trajectory

    def __call__(self, times: ArrayLike) -> Curve:
        """The learning curve at these times, shape ``(T,)``, in any order; one time alone counts as ``(1,)``.

        Raises:
            ValueError: a time is negative or NaN, or times are not a list.
        """
        t = np.atleast_1d(checks.times("law", times))
        if t.ndim != 1 or not np.isfinite(t).all():
            raise ValueError(
                f"law needs a list of finite times, got shape {t.shape} up to {t.max(initial=0.0)!r}: a curve has one time "
                f"axis. Pass for example np.linspace(0, 1000, 500)."
            )
        path = self.trajectory
        return Curve(t, path.loss(t), path.strengths(t), self.task.targets, self.name, lambda: path.maps(t))

    def learning_time(self, fraction: float = 0.5) -> Array:
        """Time at which each mode first reaches this fraction of its target, shape ``(k,)``.

        0 for modes that start there, NaN for modes that never get there: no target, wrong sign, or nothing to grow from.

        Raises:
            ValueError: ``fraction`` is not between 0 and 1.
        """
        if not 0 < fraction < 1:
            raise ValueError(
                f"learning_time needs 0 < fraction < 1, got fraction={fraction!r}: a target is only approached. Try 0.5."
            )
        return self.trajectory.crossing(float(fraction))

    @cached_property
    def half_times(self) -> Array:
        """`learning_time` at one half, shape ``(k,)``."""
        return self.learning_time(0.5)

    def time_to_loss(self, threshold: float) -> float:
        """Time at which the loss, which only falls, reaches a threshold; infinite if it never does.

        Raises:
            ValueError: the threshold is not a number.
        """
        if np.isnan(threshold):
            raise ValueError("time_to_loss needs a number, got threshold=nan: nothing compares with it. Pass a loss.")
        path = self.trajectory
        if path.loss(np.zeros(1))[0] <= threshold:
            return 0.0
        if threshold <= path.limit:
            return np.inf
        low, high = 0.0, path.scale
        while path.loss(np.array([high]))[0] > threshold:
            low, high = high, 4 * high
            if high > 1e250:
                return np.inf
        while high - low > 1e-14 * high:
            grid = np.linspace(low, high, 65)
            above = path.loss(grid) > threshold
            last = int(np.flatnonzero(above)[-1]) if above.any() else 0
            if last == 64 or (grid[last], grid[last + 1]) == (low, high):
                break
            low, high = float(grid[last]), float(grid[last + 1])
        return high

    def condition(self, times: ArrayLike) -> Array:
        """``κ = t |du/dt| / |u|`` of each mode, shape ``(T, k)``: strengths are good to about ``eps (1 + κ)``."""
        return self.trajectory.condition(np.atleast_1d(checks.times("condition", times)))
