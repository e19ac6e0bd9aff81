r"""A law of random matrices, with the scipy.stats interface; every law is a leaf of one abstract base.

All laws here live on ``x >= 0`` and spread over hundreds of decades when many matrices are multiplied, so a leaf says
what it knows at ``ln x`` and in logarithms, and the base turns that into densities, tails, quantiles and samples.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_expit

from deeplinear.arguments import generator, real_number, whole_numbers
from deeplinear.arrays import as_float, first_line
from deeplinear.messages import shown
from deeplinear.spectra import checks

if TYPE_CHECKING:
    from deeplinear.arrays import Array

MOST = 10**10  # numbers drawn at once
STEP, POINTS = 1 / 24, 1080  # of the trapezoidal rule in logit p, to either side: what it leaves out is below 1e-19


class Foot(NamedTuple):
    """How a law begins at 0: ``cdf = constant · x ** exponent`` to leading order; nothing there if exponent is inf."""

    exponent: float
    constant: float


class SpectralLaw(ABC):
    """A law of singular values, squared singular values or moduli of eigenvalues, with the methods of scipy.stats.

    A leaf gives ``_edges``, ``_log_tails``, ``_log_density``, ``_log_quantile``, ``_moment`` and ``_foot``. Laws hold no state
    but their parameters. Where x itself leaves float64, `logarithm` is the same law in ``ln x``.
    """

    @property
    def mass(self) -> float:
        """What the density integrates to: 1, or less where some of the law sits on x = 0 exactly."""
        return 1.0

    @property
    def atom(self) -> float:
        """Probability of x = 0 exactly; densities leave it out, everything else has it."""
        return 1 - self.mass

    @abstractmethod
    def _edges(self) -> tuple[float, float]:
        """``ln x`` at the ends of the density."""

    @abstractmethod
    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        """``ln cdf`` and ``ln sf`` at ``log_x``, between the edges, each to full relative accuracy of the tail."""

    @abstractmethod
    def _log_density(self, log_x: Array) -> Array:
        """``ln`` of the density of ``ln x``, between the edges, upper edge included."""

    @abstractmethod
    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        """``ln x`` where the cdf is ``exp(log_p) = 1 − exp(log_q)``, strictly between atom and 1."""

    @abstractmethod
    def _moment(self, order: float) -> float:
        """``E[x ** order]`` where it exists and order is not 0; inf beyond float64."""

    @abstractmethod
    def _foot(self) -> Foot:
        """How the law begins at 0."""

    def _log(self, x: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(x, 0.0))

    def _exp(self, log_x: Array) -> Array:
        with np.errstate(under="ignore"):
            return np.exp(log_x)

    def support(self) -> tuple[float, float]:
        """Smallest and largest x."""
        low, high = self._exp(np.array(self._edges()))
        return (float(self._exp(np.array(-np.inf))) if self.atom else float(low)), float(high)

    def _tail(self, function: str, x: ArrayLike, which: int) -> Array:
        x = checks.places(function, x)
        log_x, (low, high) = self._log(x), self._edges()
        with np.errstate(divide="ignore"):
            outside = np.log([self.atom, self.mass])[which]
        out = np.where(x >= self.support()[0], outside, (-np.inf, 0.0)[which])
        out = np.where(log_x >= high, (0.0, -np.inf)[which], out)
        inside = (log_x > low) & (log_x < high)
        out[inside] = self._log_tails(log_x[inside])[which]
        return out[()]

    def logcdf(self, x: ArrayLike) -> Array:
        """Logarithm of `cdf`, to full relative accuracy of the cdf; -inf where it is 0."""
        return self._tail("logcdf", x, 0)

    def logsf(self, x: ArrayLike) -> Array:
        """Logarithm of `sf`, to full relative accuracy of the sf; -inf where it is 0."""
        return self._tail("logsf", x, 1)

    def cdf(self, x: ArrayLike) -> Array:
        """Share of the law at or below x, shape of x."""
        with np.errstate(under="ignore"):
            return np.exp(self._tail("cdf", x, 0))

    def sf(self, x: ArrayLike) -> Array:
        """Share of the law above x, shape of x."""
        with np.errstate(under="ignore"):
            return np.exp(self._tail("sf", x, 1))

    def logpdf(self, x: ArrayLike) -> Array:
        """Logarithm of `pdf`; -inf where it is 0."""
        x = checks.places("logpdf", x)
        log_x, (low, high) = self._log(x), self._edges()
        out = np.full(x.shape, -np.inf)
        inside = (log_x > low) & (log_x <= high)
        out[inside] = self._log_density(log_x[inside]) - log_x[inside]
        foot = self._foot()
        with np.errstate(divide="ignore"):
            at_zero = np.inf if foot.exponent < 1 else np.log(foot.constant if foot.exponent == 1 else 0.0)
        return np.where(x == 0, at_zero, out)[()]

    def pdf(self, x: ArrayLike) -> Array:
        """Density at x, shape of x; without the `atom`. Infinite at 0 where it grows without bound."""
        with np.errstate(under="ignore", over="ignore"):
            return np.exp(self.logpdf(x))

    def _quantile(self, p: Array, log_p: Array, log_q: Array) -> Array:
        low, high = self._edges()
        log_x = np.where(p <= self.atom, -np.inf if self.atom else low, np.where(log_q == -np.inf, high, 0.0))
        inside = (p > self.atom) & (log_q > -np.inf)
        log_x[inside] = np.clip(self._log_quantile(log_p[inside], log_q[inside]), low, high)
        return self._exp(log_x)[()]

    def ppf(self, p: ArrayLike) -> Array:
        """The x at which `cdf` is p, shape of p; accurate for the smallest p."""
        p = checks.probabilities("ppf", "p", p)
        with np.errstate(divide="ignore"):
            return self._quantile(p, np.log(p), np.log1p(-p))

    def isf(self, q: ArrayLike) -> Array:
        """The x at which `sf` is q, shape of q; accurate for the smallest q."""
        q = checks.probabilities("isf", "q", q)
        with np.errstate(divide="ignore"):
            return self._quantile(1 - q, np.log1p(-q), np.log(q))

    def rvs(
        self, size: int | tuple[int, ...] | None = None, random_state: int | np.random.Generator | None = None
    ) -> Array:
        """Independent samples.

        Args:
            size: shape; one number if None.
            random_state: seed or generator, as in scipy.stats.
        """
        shape = None
        if size is not None and not (isinstance(size, tuple | list) and not size):
            draws = size if isinstance(size, tuple | list) or (isinstance(size, np.ndarray) and size.ndim) else (size,)
            shape = whole_numbers("rvs", "size", draws, 0, MOST, "it is a shape. Pass for example size=1000.")
        return self.ppf(generator("rvs", random_state, "random_state").random(shape))

    def expect(self, function: Callable[[Array], Array]) -> float:
        """Mean of ``function(x)`` under the law, atoms included.

        Args:
            function: takes an array of x and returns one of its shape; smooth inside the support.

        Example:
            >>> from deeplinear.spectra import FussCatalan
            >>> round(FussCatalan(3).expect(lambda x: x**2), 10)
            4.0
        """
        if not callable(function):
            raise TypeError(
                f"expect needs a function of one array, got {shown(function)}: it is averaged. Pass np.square."
            )
        needed = "expect needs a function of arrays with real values, got "

        def applied(log_x: Array) -> Array:
            x = self._exp(log_x)
            try:
                values = function(x)
            except Exception as error:
                raise TypeError(
                    f"expect needs a function of one array, got {shown(function)}, which fails on an array of {x.size} numbers: "
                    f"{first_line(error)}. Write it with numpy, or wrap it in numpy.vectorize."
                ) from error
            found = as_float(needed, values)
            if found.shape not in ((), x.shape):
                raise ValueError(
                    f"{needed}shape {found.shape} for {x.shape}: it is averaged over x. Pass np.square, for example."
                )
            return np.broadcast_to(found, x.shape)

        return self._average(applied)

    def _average(self, function: Callable[[Array], Array]) -> float:
        """Mean of ``function(ln x)``, by the trapezoidal rule in logit p; a law with atoms away from 0 has its own."""
        u = STEP * np.arange(-POINTS, POINTS + 1.0)
        log_up, log_down, mass = log_expit(u), log_expit(-u), self.mass
        log_p = np.log(self.atom + mass * np.exp(log_up)) if self.atom else log_up
        log_x = np.clip(self._log_quantile(log_p, np.log(mass) + log_down), *self._edges())
        inner = mass * STEP * np.sum(np.exp(log_up + log_down) * function(log_x))
        return float(inner + (self.atom * function(np.array([-np.inf]))[0] if self.atom else 0.0))

    def moment(self, order: float) -> float:
        """``E[x ** order]``, not centred, for any real order; inf where it does not exist or leaves float64."""
        order = checks.order("moment", order)
        if order == 0:
            return 1.0
        diverges = order < 0 and (self.atom > 0 or order <= -self._foot().exponent)
        return np.inf if diverges else float(self._moment(order))

    def mean(self) -> float:
        """Mean of x."""
        return self.moment(1)

    def var(self) -> float:
        """Variance of x."""
        return self.moment(2) - self.moment(1) ** 2

    def std(self) -> float:
        """Standard deviation of x."""
        return float(np.sqrt(self.var()))

    def median(self) -> float:
        """Median of x."""
        return float(self.ppf(0.5))

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two x between which the middle share ``confidence`` of the law lies."""
        inside = real_number("interval", "confidence", confidence, "0 <= · <= 1", "it is a probability. Pass 0.95.")
        tail = (1 - inside) / 2
        return float(self.ppf(tail)), float(self.isf(tail))
