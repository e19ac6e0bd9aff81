"""One exact solution, bound to a task and a start: what `solve` returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import real_number
from deeplinear.curve import Curve
from deeplinear.exact import checks, ntk
from deeplinear.exact.citations import bibtex
from deeplinear.exact.nearest import Measured
from deeplinear.exact.requests import listed, refuse_size, refuse_steps
from deeplinear.exact.singular import Singular, followed
from deeplinear.exact.trajectory import Trajectory
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.weights import Weights


APPROXIMATE = "approximate: "  # before the name of a formula whose conditions do not hold
TOLERANCE = 1e-9  # largest residual of a condition at which a law still counts as exact


@dataclass(frozen=True, eq=False)
class Law:
    """An exact solution of gradient flow. Call it with times, in epochs if tau is 1 / learning rate.

    Attributes:
        name: which formula, with its equation.
        source: where it is from.
        kind: ``"closed form"``; ``"integrated"``, where exact equations in few variables are solved numerically; or
            ``"recursion"``, where steps are taken.
        conditions: what it needs, and the measured residual of each: 0 where it holds exactly.
        task: what is learned.
        start: the weights it starts from.
        tau: the time constant.
        trajectory: the formula at work.
        loose: conditions that do not hold to 1e-9 but were accepted; empty for an exact law.
        cites: keys of its papers in `deeplinear.exact.citations`, see `citation`.
        restore: makes the law again from its other attributes, when it is loaded from a file.
        measured: how far from the flow the law was found to be, if ``nearest`` was asked for and no law holds; else None.

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
    kind: str
    conditions: dict[str, float]
    task: Task = field(repr=False)
    start: Weights = field(repr=False)
    tau: float
    trajectory: Trajectory = field(repr=False)
    loose: tuple[str, ...] = ()
    measured: Measured | None = None
    cites: tuple[str, ...] = field(default=(), repr=False)
    restore: Callable[[dict[str, Any]], Law] = field(kw_only=True, repr=False)

    def __str__(self) -> str:
        words = {need: f"{need} (residual {residual:.1g})" for need, residual in self.conditions.items()}
        holds = ", ".join(text for need, text in words.items() if need not in self.loose)
        says = f"holds: {holds or ('always' if not self.loose else 'nothing')}"
        if self.loose:
            says += f"; approximate, does not hold: {', '.join(words[need] for need in self.loose)}"
        if self.measured is not None:
            error, until, learned = self.measured
            says += f"; off by up to {error:.2g} of the largest target until t = {until:.4g}"
            says += "" if learned else ", where the flow has not learned yet"
        return f"{self.name}\n  {self.kind}, tau = {self.tau:g}; {says}\n  source: {self.source}"

    @property
    def approximate(self) -> bool:
        """Whether some condition does not hold, so that the law is only near the flow."""
        return bool(self.loose)

    @property
    def error(self) -> float | None:
        """Largest distance from the flow that was measured, of the end-to-end map relative to the largest target; see `measured`."""
        return None if self.measured is None else self.measured.error

    def __call__(self, times: ArrayLike) -> Curve:
        """The learning curve at these times, shape ``(T,)``, in any order; one time alone counts as ``(1,)``.

        Raises:
            ValueError: a time is negative or NaN, or times are not a list.
        """
        t, path = listed("law", times), self.trajectory
        return Curve(t, path.loss(t), path.strengths(t), self.task.targets, self.name, partial(self._maps, t))

    def _maps(self, times: Array) -> Array:
        return self.trajectory.maps(times)

    def __reduce__(self) -> tuple[Callable[..., Law], tuple[Any, ...]]:
        """Everything but the trajectory, which is made of functions: it is made again when the law is loaded."""
        return self.restore, (
            {
                each.name: getattr(self, each.name)
                for each in fields(self)
                if each.name not in ("trajectory", "restore")
            },
        )

    def citation(self) -> str:
        """BibTeX of the papers that this law is from.

        Example:
            >>> from deeplinear import Task, solve
            >>> print(solve(Task.from_modes([1.0]), ([[0.5]], [[0.5]])).citation().splitlines()[0])
            @inproceedings{saxe2014exact,
        """
        return bibtex(self.cites)

    @property
    def ending(self) -> str:
        """Where learning ends: the best linear map, or else a saddle or a map of lower rank, and why."""
        refuse_steps(self, "ending")
        return self.trajectory.ending() or "the best linear map"

    @cached_property
    def final_map(self) -> Array:
        """End-to-end map at infinite time, shape ``(n_out, n_in)``."""
        refuse_steps(self, "final_map")
        return self.trajectory.final()

    @cached_property
    def limit(self) -> float:
        """Loss at infinite time."""
        return float(self.task.loss(self.final_map))

    def weights(self, times: ArrayLike) -> Weights:
        """Layers ``(W1, …, WL)`` at these times, each of shape ``(T, n_l, n_{l-1})``.

        Raises:
            ValueError: times out of their domain, or a law that follows only the end-to-end map.
        """
        if self.trajectory.weights is None:
            raise ValueError(
                f"weights need a law that follows each layer, got {self.name!r}: it follows the end-to-end map. Read .maps, or "
                f"call deeplinear.descend(task, weights, rate=..., steps=...).weights."
            )
        return self.trajectory.weights(listed("weights", times))

    def factors(self, times: ArrayLike) -> list[tuple[Array, Array]]:
        """Factors of the tangent kernel, one pair a layer: ``W_{L:l+1} W_{L:l+1}ᵀ`` and ``W_{l-1:1}ᵀ W_{l-1:1}``.

        Returns:
            Pairs of shapes ``(T, n_out, n_out)`` and ``(T, n_in, n_in)``, layer by layer; `deeplinear.kernels`
            makes kernels, alignments and movements of them.

        Raises:
            ValueError: times out of their domain.
        """
        if self.trajectory.factors is not None:
            return self.trajectory.factors(listed("factors", times))
        return ntk.factors(self.weights(times))

    def kernel(self, times: ArrayLike, x: ArrayLike | None = None) -> Array:
        """Neural tangent kernel, outputs first, shape ``(T, n_out P, n_out P)``.

        Args:
            times: shape ``(T,)``.
            x: examples in rows, shape ``(P, n_in)``; the unit inputs if not given.

        Raises:
            ValueError: times or examples out of their domain.
        """
        examples = self.task.n_in if x is None else len(np.atleast_2d(checks.finite("kernel", "x", x)))
        refuse_size(
            "kernel",
            len(listed("kernel", times)) * (self.task.n_out * examples) ** 2,
            "examples x, or read law.factors(times), of which it is made",
        )
        return ntk.kernel(self.factors(times), x)

    def representations(self, times: ArrayLike) -> tuple[Array, Array]:
        """Similarity of inputs in the last hidden layer and of outputs in the first.

        Returns:
            ``W_{L-1:1}ᵀ W_{L-1:1}``, shape ``(T, n_in, n_in)``, and ``W_{L:2} W_{L:2}ᵀ``, shape ``(T, n_out, n_out)``: for two
            layers the hidden and the output representation of Braun et al. 2022.

        Raises:
            ValueError: times out of their domain.
        """
        size = len(listed("representations", times)) * (self.task.n_in**2 + self.task.n_out**2)
        refuse_size("representations", size, "times")
        factors = self.factors(times)
        return factors[-1][1], factors[0][0]

    def singular(self, times: ArrayLike) -> Singular:
        """Singular values and vectors of the end-to-end map, each followed through time, crossings included.

        Where singular values are equal at the first time their vectors are those by which the flow leaves.

        Returns:
            `Singular` with ``u`` ``(T, n_out, k)``, ``s`` ``(T, k)`` and ``v`` ``(T, n_in, k)``.

        Raises:
            ValueError: times out of their domain.
        """
        refuse_steps(self, "singular")
        return followed(self.trajectory.maps, listed("singular", times), self._velocity)

    def _velocity(self, time: float) -> Array:
        """``tau dW/dt = Σ_l W_{L:l+1} W_{L:l+1}ᵀ (Σ³¹ − W Σ¹¹) W_{l-1:1}ᵀ W_{l-1:1}``, shape ``(n_out, n_in)``."""
        now = np.array([time])
        error = (self.task.optimum - self.trajectory.maps(now)[0]) @ self.task.input_correlation
        return np.sum([above[0] @ error @ below[0] for above, below in self.factors(now)], axis=0)

    def learning_time(self, fraction: float = 0.5) -> Array:
        """Time at which each mode first reaches this fraction of its target, shape ``(k,)``.

        0 for modes that start there, NaN for modes that never get there: no target, wrong sign, or nothing to grow from.

        Raises:
            ValueError: ``fraction`` is not between 0 and 1.
        """
        advice = "a target is only approached. Try 0.5."
        fraction = real_number("learning_time", "fraction", fraction, "0 < · < 1", advice)
        return self.trajectory.crossing(fraction)

    @cached_property
    def half_times(self) -> Array:
        """`learning_time` at one half, shape ``(k,)``."""
        return self.learning_time(0.5)

    def time_to_loss(self, threshold: float) -> float:
        """Time at which the loss, which only falls, reaches a threshold; infinite if it never does.

        Raises:
            ValueError: the threshold is not a number.
        """
        refuse_steps(self, "time_to_loss")
        threshold = real_number(
            "time_to_loss", "threshold", threshold, "not NaN", "nothing compares with it. Pass a loss."
        )
        path = self.trajectory
        if path.loss(np.zeros(1))[0] <= threshold:
            return 0.0
        if threshold <= self.limit:
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
