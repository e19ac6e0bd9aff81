"""Laws whose ``λ(M)``, the inverse of ``ψ(λ) = E[x/(λ − x)]``, is known: free products, and their limits."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_expit

from deeplinear.propagation.free.numerics.cells import NONE as NO_CELLS
from deeplinear.propagation.free.numerics.cells import Cells
from deeplinear.propagation.free.numerics.layers import NONE, Layers, Numbers
from deeplinear.propagation.free.numerics.pieces import tabulate_cells
from deeplinear.propagation.free.numerics.table import Table, tabulate
from deeplinear.spectra.law import POINTS, STEP, Foot
from deeplinear.spectra.transformed import SquaredLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array

SMALL, SAME, ROUGHLY = 1e-9, 1e-8, 1e-3  # a tail that needs no check; how well the mean must agree where it is larger


class FreeLaw(SquaredLaw):
    r"""A law of squared singular values given by ``ln λ(M) = A(M) + Σ_l ln w_l(M)``, ``ψ_l(w_l) = M``.

    Its S-transform is ``S(z) = (1 + z) / (z λ(z))``; logarithms of S-transforms add. Leaves give ``_prefix`` (A and its slope),
    layers if there are any, `mass` and `top`. The law is tabulated once, at its first use, on the curve of complex M where λ is
    real (see `deeplinear.propagation.free.numerics.curve`): about 500 points, each solved to rounding, Legendre series between them.

    Errors: of `cdf`, `sf` and `ppf` 1e-10 at most (1e-8 where the density is infinite at its upper edge), and 1e-9 relative of
    `pdf` and of tails. Below the quantile `tail`, mostly 1e-13, the law goes on as a power of x.

    Where M turns back, or comes so close to the real axis that no quadrature is right, layers are replaced by `Cells` and the
    curve is followed from large λ (see `deeplinear.propagation.free.numerics.continuation`), one interval of the support after the other.
    Errors then are those of the cells: about 1e-7 of the cdf, 1e-6 relative of means, 1e-3 of tails below 1e-6.

    Raises:
        ValueError: when first used: parts of the law were not found, or an atom lies between other values.
    """

    @property
    def top(self) -> tuple[float, float]:
        """Probability of a largest x that is an atom, above all density, and ``ln x`` there; ``(0, nan)`` if there is none."""
        return 0.0, np.nan

    @property
    def tail(self) -> float:
        """Share of the law below what is tabulated; at a soft or hard edge the continuation has all digits."""
        return float(np.exp(self._table.at(self._table.edges[:1]).log_lower[0]))

    @property
    def _by_eta(self) -> bool:
        return self.mass < 1

    @abstractmethod
    def _prefix(self, m: Numbers, above: Numbers) -> tuple[Numbers, Numbers]:
        """A and dA/dM at M, with ``above = 1 + M``."""

    def _levels(self) -> Array:
        """The lowest levels of quadrature, one for each different layer."""
        return np.zeros(0, dtype=int)

    def _layers(self, levels: Array) -> Layers:
        """The different layers, at these levels."""
        return NONE

    def _cells(self) -> Cells:
        """The different layers, cut into cells."""
        return NO_CELLS

    @cached_property
    def _table(self) -> Table:
        whole = self.mass - self.top[0]
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                table = tabulate(self, whole)
            if self._agrees(table, SAME):
                return table
        except ArithmeticError:  # M turns back, or w comes too close to the values of φ'² for sums over nodes
            pass
        table = tabulate_cells(self, self._cells(), type(self).__name__, whole)
        if not self._agrees(table, ROUGHLY):
            raise ValueError(
                f"{type(self).__name__} needs a density that can be followed, got {self!r}: the mean of the one found is "
                f"{self._mean(table)!r} instead of {self._moment(1.0)!r}. Moments are right; for the density take slightly "
                f"different variances."
            )
        return table

    def _edges(self) -> tuple[float, float]:
        share, place = self.top
        return self._table.low, place if share else self._table.high

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        table, share = self._table, self.top[0]
        values = table.at(table.place(np.minimum(log_x, np.nextafter(table.high, -np.inf))))
        lower, upper = values.log_lower, np.where(log_x < table.high, values.log_upper, -np.inf)
        with np.errstate(divide="ignore"):
            return np.logaddexp(np.log(self.atom), lower), np.logaddexp(np.log(share), upper)

    def _log_density(self, log_x: Array) -> Array:
        out, table = np.full(log_x.shape, -np.inf), self._table
        inside = log_x < table.high
        for low, high in table.gaps:
            inside &= (log_x <= low) | (log_x >= high)
        out[inside] = table.at(table.place(log_x[inside])).log_b
        return out

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        table, (share, place) = self._table, self.top
        whole = self.mass - share
        out, inside = np.full(log_p.shape, place), np.exp(log_q) > share
        log_p, log_q = log_p[inside], log_q[inside]
        lower = np.log(np.maximum(-np.expm1(log_q - np.log(self.mass)) * self.mass, 1e-17)) if self.atom else log_p
        upper = np.log(np.exp(log_q) - share) if share else log_q
        lower, upper = np.minimum(lower, np.log(whole)), np.minimum(upper, np.log(whole))
        out[inside] = table.log_x(table.at(table.quantile(lower, upper)))
        return out

    def _agrees(self, table: Table, rtol: float) -> bool:
        """Whether a table whose tail is extrapolated, or any if rtol is not small, has the right mean."""
        mean, tail = self._moment(1.0), np.exp(table.at(table.edges[:1]).log_lower[0])
        if (tail < SMALL and rtol == SAME) or not 0 < mean < np.inf:
            return True
        return abs(self._mean(table) / mean - 1) < rtol

    def _average(self, function: Callable[[Array], Array]) -> float:
        return self._mean(self._table, function)

    def _mean(self, table: Table, function: Callable[[Array], Array] = np.exp) -> float:
        """Mean of ``function(ln x)`` under the law that a table and the atoms make."""
        u = STEP * np.arange(-POINTS, POINTS + 1.0)
        share, place = self.top
        whole, inner = self.mass - share, 0.0
        between = [float(np.exp(table.at(table.place(np.array([sum(gap) / 2]))).log_lower[0])) for gap in table.gaps]
        for low, high in pairwise([0.0, *between, whole]):  # the quantile function jumps across a gap
            below, above = (np.log(high - low) + log_expit(sign * u) for sign in (1, -1))
            log_p = np.logaddexp(below, np.log(low)) if low else below
            log_q = np.logaddexp(above, np.log(whole - high)) if high < whole else above
            log_x = table.log_x(table.at(table.quantile(log_p, log_q)))
            inner += STEP * np.sum(np.exp(below + log_expit(-u)) * function(log_x))
        steps = [(self.atom, -np.inf)] * (self.atom > 0) + [(share, place)] * (share > 0)
        return float(inner + sum(p * function(np.array([at]))[0] for p, at in steps))

    def _foot(self) -> Foot:
        table = self._table
        if np.isfinite(table.low) or table.bends[0]:
            return Foot(np.inf if np.isfinite(table.low) else 0.0, 0.0)
        values = table.at(table.edges[:1])
        exponent = table.rates[0] / float(np.exp(values.log_slope[0]))
        return Foot(exponent, float(np.exp(values.log_lower[0] - exponent * table.log_x(values)[0])))

    def _moment(self, order: float) -> float:
        return self.expect(lambda x: np.where(x > 0, x, 1.0) ** order * (x > 0))
