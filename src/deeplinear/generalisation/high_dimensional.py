r"""A shallow student with about as many weights as examples: test and training error, and when to stop.

``tau dw/dt = X (y − Xᵀ w)``, ``y = Xᵀ w̄ + noise``: N inputs, P examples, both large, ``ratio = P/N`` kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag, real_number
from deeplinear.arrays import real_array
from deeplinear.exact import checks
from deeplinear.generalisation.marchenko_pastur_rule import Rule, edges, marchenko_pastur
from deeplinear.generalisation.stopping import best_time

if TYPE_CHECKING:
    from deeplinear.arrays import Array

CHUNK = 256  # times in one go
STOPS = 200  # times between the stops of the fastest and of the slowest direction
FLATTEST = 1e-7  # eigenvalue, of the largest, below which directions have no stop of their own in the search
RATIOS = np.geomspace(0.125, 8.0, 49)  # among which overtraining is worst


@dataclass(frozen=True)
class HighDimensional:
    r"""Average generalisation of a shallow linear student of a noisy teacher, for many weights and examples.

    Attributes:
        ratio: ``P/N``, examples for each weight, ``> 0``.
        noise: variance of the labels' noise, ``>= 0``.
        teacher: variance of each weight of w̄, ``>= 0``; the mean is 0.
        start: variance of each initial weight, ``>= 0``, drawn apart from the teacher.
        tau: ``1 / learning rate``.
        normalised: inputs of variance 1 and the loss averaged over examples, ``teacher`` and ``start`` being
            ``E‖w̄‖²`` and ``E‖w(0)‖²``. If not, inputs of variance 1/N and the loss summed over examples. Errors are
            the same, and times ``ratio`` times longer.

    Raises:
        ValueError: a parameter out of its domain.

    Source:
        Advani & Saxe 2017, arXiv:1710.03667, the dynamics of generalisation and training error of a linear student.

    Example:
        >>> student = HighDimensional(ratio=2.0, noise=0.5, teacher=1.0)
        >>> student.test_error([0.0, 1.0, np.inf]).round(4)
        array([1.    , 0.2912, 0.5   ])
        >>> round(student.optimal_stopping_time(), 4)
        1.1186
    """

    ratio: float
    noise: float
    teacher: float
    start: float = 0.0
    tau: float = 1.0
    normalised: bool = False

    def __post_init__(self) -> None:
        variance = (">= 0", "it is a variance. Pass 0.0 for none.")
        for name, (condition, advice) in {
            "ratio": ("> 0", "it is examples for each weight. Pass for example 1.0."),
            "tau": ("> 0", "it is 1 / learning rate. Pass 1.0."),
            "noise": variance,
            "teacher": variance,
            "start": variance,
        }.items():
            value = real_number("HighDimensional", name, getattr(self, name), condition, advice)
            object.__setattr__(self, name, value)
        flag("HighDimensional", "normalised", self.normalised)

    @property
    def off(self) -> float:
        """What a weight is off at the start, squared, on average: ``teacher + start``."""
        return self.teacher + self.start

    @property
    def frozen_share(self) -> float:
        """Share of the weights that never move, ``max(0, 1 − ratio)``: directions in which there is no example."""
        return max(0.0, 1 - self.ratio)

    def test_error(self, t: ArrayLike) -> Array:
        r"""Average ``(1/N) E‖w(t) − w̄‖²``, the squared error on a fresh, noiseless example.

        ``∫ [(teacher + start) exp(−2λt/tau) + noise (1 − exp(−λt/tau))²/λ]`` over the eigenvalues λ of ``X Xᵀ``; those
        that are 0, for ``ratio < 1``, keep ``teacher + start``. Add ``noise`` for the error on noisy labels.

        Args:
            t: times, shape ``(...,)``, in the unit of ``tau``; ``t >= 0``, infinity included.

        Returns:
            Errors, shape ``(...,)``; ``teacher + start`` at 0, `late_error` at infinity.

        Raises:
            ValueError: a time is negative or NaN.
        """
        powers, weights = self._rule.eigenvalues, self._rule.weights

        def error(x: Array) -> Array:
            return (self.off * np.exp(-2 * x) + self.noise * np.expm1(-x) ** 2 / powers) @ weights

        frozen = self.frozen_share * self.off
        return self._over_times("test_error", t, error, frozen, self.off, self.late_error)

    def train_error(self, t: ArrayLike) -> Array:
        r"""Average ``(1/P) E‖y − Xᵀ w(t)‖²``, the squared error on a noisy example of the training set.

        ``(1/ratio) ∫ [noise + λ (teacher + start)] exp(−2λt/tau) + noise max(0, 1 − 1/ratio)``, because the residual
        decays as ``exp(−XᵀX t/tau)``. Arguments as in `test_error`.

        Returns:
            Errors, shape ``(...,)``; ``noise + teacher + start`` at 0; at infinity ``noise max(0, 1 − 1/ratio)``.
        """
        late = self.noise * max(0.0, 1 - 1 / self.ratio)
        parts = self._rule.weights * (self.noise + self._rule.eigenvalues * self.off) / self.ratio
        return self._over_times("train_error", t, lambda x: np.exp(-2 * x) @ parts, late, self.noise + self.off, late)

    @property
    def late_error(self) -> float:
        """`test_error` at infinite time, from the mean of 1/λ.

        ``noise/(ratio − 1)`` for more examples than weights, ``noise ratio/(1 − ratio) + (1 − ratio)(teacher + start)``
        for fewer; at ratio 1 infinite, or 0 without noise.
        """
        if self.noise == 0:
            return self.frozen_share * self.off
        if self.ratio == 1:
            return np.inf
        return self.noise * min(1.0, self.ratio) / abs(1 - self.ratio) + self.frozen_share * self.off

    def stopping_times(self, eigenvalues: ArrayLike) -> Array:
        """Best time to stop each direction by itself, ``(tau/λ) ln(1 + λ (teacher + start)/noise)``.

        Args:
            eigenvalues: λ of ``X Xᵀ``, or of ``X Xᵀ/P`` if ``normalised``, shape ``(...,)``, ``>= 0``.

        Returns:
            Times, shape ``(...,)``; ``tau (teacher + start)/noise`` as λ tends to 0, infinite without noise.

        Raises:
            ValueError: an eigenvalue is negative or not finite.

        Source:
            *Derived*: the zero of the derivative of the integrand of `test_error`, which changes sign once.

        Example:
            >>> HighDimensional(ratio=2.0, noise=0.5, teacher=1.0).stopping_times([0.0, 1.0, 4.0]).round(4)
            array([2.    , 1.0986, 0.5493])
        """
        advice = "they are powers of inputs. Pass eigenvalues of X Xᵀ."
        powers = real_array("stopping_times", "eigenvalues", eigenvalues, ">= 0", advice)
        powers = powers * (self.ratio if self.normalised else 1.0)
        if self.noise == 0 or self.off == 0:
            return np.full(powers.shape, np.inf if self.off > 0 else 0.0)[()]
        gain = self.off / self.noise
        with np.errstate(invalid="ignore", divide="ignore"):
            return (self._clock * np.where(powers == 0, gain, np.log1p(powers * gain) / powers))[()]

    def optimal_stopping_time(self) -> float:
        """Time of the least `test_error`: between the stops of the fastest and of the slowest direction.

        Infinite without noise, 0 where there is nothing to learn.
        """
        if self.noise == 0 or self.off == 0:
            return np.inf if self.off > 0 else 0.0
        low, high = edges(self.ratio)
        scale = self.ratio if self.normalised else 1.0
        slow, fast = self.stopping_times(np.array([max(low, FLATTEST * high), high]) / scale)
        return best_time(self.test_error, np.geomspace(fast * (1 - 1e-6), slow * (1 + 1e-6), STOPS))

    def overtraining(self, t: ArrayLike = np.inf) -> Array:
        """What training until t costs against stopping in time: `test_error` less the least one, 0 before the optimum."""
        best = self.optimal_stopping_time()
        t = checks.times("overtraining", t)
        late = t > best
        cost = self.test_error(np.where(late, t, best)) - self.test_error(best)
        return np.where(late, cost, 0.0)[()]

    def worst_ratio(self, t: float = np.inf) -> tuple[float, float]:
        """Ratio, all else as here, at which overtraining until t is worst, between 1/8 and 8, and `overtraining` there.

        Near 1, where eigenvalues reach down to 0 and take up noise in ever larger weights: a little above it at finite
        times, at 1 and without bound at infinite time.

        Raises:
            ValueError: no noise, without which nothing is overtrained.
            RuntimeError: the maximisation did not converge.

        Example:
            >>> ratio, cost = HighDimensional(ratio=1.0, noise=0.5, teacher=1.0).worst_ratio(100.0)
            >>> round(ratio, 3), round(cost, 3)
            (1.009, 2.593)
        """
        from scipy.optimize import minimize_scalar

        if self.noise == 0:
            raise ValueError(
                "worst_ratio needs noise > 0, got noise=0.0: without noise learning never harms. Pass a positive variance."
            )
        t = real_number("worst_ratio", "t", t, "> 0 or infinite", "at the start nothing is overtrained. Pass np.inf.")
        if t == np.inf:
            return 1.0, np.inf

        def gain(log_ratio: float) -> float:
            return -float(replace(self, ratio=float(np.exp(log_ratio))).overtraining(t))

        grid = np.log(RATIOS)
        i = int(np.clip(np.argmin([gain(x) for x in grid]), 1, len(grid) - 2))
        bounds = (grid[i - 1], grid[i + 1])
        result = minimize_scalar(gain, bounds=bounds, method="bounded", options={"xatol": 1e-6})
        if not result.success:
            raise RuntimeError(
                f"worst_ratio needs its maximisation to converge, got {result.message!r}: this is a defect. Report the "
                f"parameters."
            )
        return float(np.exp(result.x)), -float(result.fun)

    @property
    def _clock(self) -> float:
        """Time constant for eigenvalues of ``X Xᵀ`` whose entries have variance 1/N."""
        return self.tau * (self.ratio if self.normalised else 1.0)

    @cached_property
    def _rule(self) -> Rule:
        return marchenko_pastur(aspect=self.ratio)

    def _over_times(
        self, name: str, t: ArrayLike, error: Callable[[Array], Array], rest: float, first: float, last: float
    ) -> Array:
        t = checks.times(name, t)
        flat, out = t.ravel() / self._clock, np.empty(t.size)
        for i in range(0, flat.size, CHUNK):
            out[i : i + CHUNK] = error(flat[i : i + CHUNK, None] * self._rule.eigenvalues)
        return np.where(t == 0, first, np.where(t == np.inf, last, out.reshape(t.shape) + rest))[()]
