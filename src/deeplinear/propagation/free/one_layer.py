"""One layer between orthogonal weights: the Gaussian seen through ``σ_w² φ'²``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp

from deeplinear.activations import Activation
from deeplinear.propagation.expectation import REACH, rule
from deeplinear.spectra.law import Foot
from deeplinear.spectra.transformed import SquaredLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array

GRID, HALVINGS = 4001, 55


@dataclass(frozen=True)
class OneLayer(SquaredLaw):
    r"""``x = σ_w² φ'(√q z)²``, z standard normal: the squared singular values of ``W D`` for one orthogonal W, of any width.

    ``P(X < x)`` is the Gaussian measure of a level set of φ'², found piece by piece where φ'² is monotone; pieces where it is
    constant are steps of the cdf. z ends at 13 standard deviations.

    Args:
        activation: φ, an `Activation`.
        variance: q > 0.
        weight_std: σ_w > 0.

    Example:
        >>> from deeplinear.activations import as_activation
        >>> law = OneLayer(as_activation("tanh"), variance=1.0, weight_std=1.0)  # sech⁴ z
        >>> law.cdf(np.cosh([1.0, 0.5]) ** -4.0).round(6)  # P(|z| > 1), P(|z| > ½)
        array([0.317311, 0.617075])
    """

    activation: Activation = field(repr=False)
    variance: float
    weight_std: float

    def _log_value(self, z: Array) -> tuple[Array, Array]:
        """``ln x`` at z and its slope."""
        h = math.sqrt(self.variance) * z
        first = self.activation.derivative(h)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = 2 * math.sqrt(self.variance) * self.activation.second(h) / first
            return 2 * math.log(self.weight_std) + 2 * np.log(np.abs(first)), slope

    @cached_property
    def _pieces(self) -> list[tuple[int, Array]]:
        """Where ``ln x`` rises (1), falls (−1) or rests (0), as grids of z."""
        kinks = np.array(self.activation.kinks) / math.sqrt(self.variance)
        kinks = kinks[np.abs(kinks) < REACH]
        z = np.unique(np.concatenate([np.linspace(-REACH, REACH, GRID), np.nextafter(kinks, np.inf), kinks]))
        value = self._log_value(z)[0]
        signs = np.sign(np.diff(value))
        signs[np.abs(np.diff(value)) <= 1e-15 * np.abs(value[1:])] = 0
        turns = [0, *(np.flatnonzero(np.diff(signs)) + 1), len(z) - 1]
        parts = []
        for first, last in pairwise(turns):
            parts.append((int(signs[first]), z[first : last + 1]))
        return self._sharpened(parts)

    def _sharpened(self, parts: list[tuple[int, Array]]) -> list[tuple[int, Array]]:
        """The same, with turning points where the slope changes sign, to rounding."""
        from scipy.optimize import brentq

        cuts = [part[1][0] for part in parts] + [parts[-1][1][-1]]
        step = 2 * REACH / (GRID - 1)
        for k in range(1, len(parts)):
            low, high = cuts[k] - step, cuts[k] + step
            ends = [float(self._log_value(np.array(t))[1]) for t in (low, high)]
            kinked = any(low <= kink / math.sqrt(self.variance) <= high for kink in self.activation.kinks)
            if not kinked and np.isfinite(ends).all() and ends[0] * ends[1] < 0:
                cuts[k] = brentq(lambda t: float(self._log_value(np.array(t))[1]), low, high, xtol=1e-15)
        out = []
        for (sign, grid), left, right in zip(parts, cuts[:-1], cuts[1:], strict=True):
            inside = grid[(grid > left) & (grid < right)]
            out.append((sign, np.concatenate([[left], inside, [right]])))
        return out

    @cached_property
    def _ends(self) -> tuple[float, float]:
        values = np.concatenate([self._log_value(grid)[0] for _, grid in self._pieces])
        return float(values.min()), float(values.max())

    def _edges(self) -> tuple[float, float]:
        return self._ends

    def _crossings(self, log_x: Array) -> list[tuple[int, Array, Array, NDArray[np.bool]]]:
        """For each piece its sign, ends, and where it takes the value."""
        out = []
        for sign, grid in self._pieces:
            values = self._log_value(grid)[0]
            if sign == 0:
                out.append(
                    (0, grid[[0, -1]], np.where(values[0] <= log_x, grid[-1], grid[0]), np.zeros(log_x.shape, bool))
                )
                continue
            low, high = np.sort(values[[0, -1]])
            inside = (log_x > low) & (log_x < high)
            z = np.where((log_x >= high) == (sign > 0), grid[-1], grid[0])

            cell = np.clip(np.searchsorted(sign * values, sign * log_x[inside]), 1, len(grid) - 1)
            left, right = grid[cell - 1], grid[cell]
            for _ in range(HALVINGS):  # turning points make Newton's method slow
                middle = (left + right) / 2
                below = sign * self._log_value(middle)[0] < sign * log_x[inside]
                left, right = np.where(below, middle, left), np.where(below, right, middle)
            z[inside] = (left + right) / 2
            out.append((sign, grid[[0, -1]], z, inside))
        return out

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        below, above = [], []
        for sign, (left, right), z, _ in self._crossings(log_x):
            first, second = interval(np.full_like(z, left), z), interval(z, np.full_like(z, right))
            below.append(second if sign < 0 else first)
            above.append(first if sign < 0 else second)
        return np.minimum(logsumexp(below, axis=0), 0.0), np.minimum(logsumexp(above, axis=0), 0.0)

    def _log_density(self, log_x: Array) -> Array:
        total = np.zeros(log_x.shape)
        for _, _, z, inside in self._crossings(log_x):
            slope = np.abs(self._log_value(z[inside])[1])
            with np.errstate(divide="ignore"):
                total[inside] += np.exp(-(z[inside] ** 2) / 2) / np.sqrt(2 * np.pi) / slope
        with np.errstate(divide="ignore"):
            return np.log(total)

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        low, high = self._ends
        left, right = np.full(log_p.shape, -40.0), np.full(log_p.shape, 40.0)
        for _ in range(HALVINGS):  # of the logit of ln x between its ends; steps and infinite densities need no care
            log_x = low + (high - low) / (1 + np.exp(-(left + right) / 2))
            lower, upper = self._log_tails(log_x)
            below = np.where(log_p < log_q, lower < log_p, upper > log_q)
            left, right = np.where(below, (left + right) / 2, left), np.where(below, right, (left + right) / 2)
        return low + (high - low) / (1 + np.exp(-right))

    def _average(self, function: Callable[[Array], Array]) -> float:
        h, weight = rule(self.variance, self.activation.kinks, 3)
        return float(weight @ function(self._log_value(h / math.sqrt(self.variance))[0]))

    def _foot(self) -> Foot:
        return Foot(np.inf, 0.0)

    def _moment(self, order: float) -> float:
        from deeplinear.propagation.expectation import gaussian_mean

        def power(h: Array) -> Array:
            return np.abs(self.activation.derivative(h)) ** (2 * order)

        return float(gaussian_mean(power, self.variance, self.activation.kinks)) * self.weight_std ** (2 * order)


def interval(left: Array, right: Array) -> Array:
    """``ln P(left < z < right)``, in the tail where both are."""
    flip = left > 0
    low, high = np.where(flip, -right, left), np.where(flip, -left, right)
    with np.errstate(divide="ignore", invalid="ignore"):
        both = log_ndtr(high) + np.log(-np.expm1(np.minimum(log_ndtr(low) - log_ndtr(high), 0.0)))
    close = high - low < 1e-3
    middle = np.log(np.maximum(high - low, 0.0), where=high > low, out=np.full_like(low, -np.inf))
    centre = (low + high) / 2
    bend = np.where(close, (centre**2 - 1) * (high - low) ** 2 / 24, 0.0)
    return np.where(close, middle - centre**2 / 2 - np.log(2 * np.pi) / 2 + np.log1p(bend), both)
