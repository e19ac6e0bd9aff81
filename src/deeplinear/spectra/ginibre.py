r"""Eigenvalues of a product of k large square Gaussian matrices: on the unit disc, ever denser at the origin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator
from deeplinear.arrays import moduli
from deeplinear.spectra import checks
from deeplinear.spectra.law import Foot
from deeplinear.spectra.transformed import PositiveLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array

POINTS = 40  # Gauss points; the integrand's pole at angle π/2 is as far from [0, π/4] as that is long


@dataclass(frozen=True)
class GinibreProduct(PositiveLaw):
    r"""Moduli ``r = |z|`` of the eigenvalues of ``W_k … W_1``, N × N, entries of standard deviation ``1/√N``, N → ∞.

    ``P(|z| < r) = r^{2/k}``, the angle uniform: in the plane the density is ``|z|^{2/k − 2} / (πk)`` on the unit disc, see
    `planar_density`, `planar_rvs`, `fraction_in_square`. The methods of a law are those of the modulus.

    Args:
        k: how many matrices, a whole number from 1.

    Raises:
        ValueError: k is not a whole number from 1.

    Source:
        Burda, Janik & Waclaw 2010, arXiv:0912.3422; Götze & Tikhomirov 2010, arXiv:1012.2710.

    Example:
        >>> GinibreProduct(5).cdf([1e-5, 0.5]).round(4), round(GinibreProduct(5).fraction_in_square(0.05), 4)
        (array([0.01  , 0.7579]), 0.3155)
    """

    k: int

    def __post_init__(self):
        advice = "it counts the matrices of the product. Pass for example k=5."
        object.__setattr__(self, "k", checks.count("GinibreProduct", "k", self.k, advice))

    def _edges(self) -> tuple[float, float]:
        return -math.inf, 0.0

    def _foot(self) -> Foot:
        return Foot(2 / self.k, 1.0)

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        return 2 / self.k * log_x, np.log(-np.expm1(2 / self.k * log_x))

    def _log_density(self, log_x: Array) -> Array:
        return np.log(2 / self.k) + 2 / self.k * log_x

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        return self.k / 2 * np.where(log_q < log_p, np.log1p(-np.exp(np.minimum(log_q, -0.1))), log_p)

    def _moment(self, order: float) -> float:
        return 2 / (2 + self.k * order)

    def planar_density(self, z: ArrayLike) -> Array:
        """Density of eigenvalues in the plane, for each unit of area.

        Args:
            z: places, complex, any shape.

        Returns:
            Densities, shape of z; infinite at 0 for k > 1, zero outside the unit disc.
        """
        r = moduli("planar_density", "z", z)
        with np.errstate(divide="ignore"):
            return np.where(r <= 1, r ** (2 / self.k - 2) / (np.pi * self.k), 0.0)[()]

    def planar_rvs(
        self, size: int | tuple[int, ...] | None = None, random_state: int | np.random.Generator | None = None
    ) -> Array:
        """Independent places in the plane, complex: moduli from `rvs`, uniform angles."""
        rng = generator("planar_rvs", random_state, "random_state")
        return self.rvs(size, random_state=rng) * np.exp(2j * np.pi * rng.random(size))

    def fraction_in_square(self, half_width: float) -> float:
        """Share of eigenvalues with ``|Re z|`` and ``|Im z|`` both below half_width: the origin bin of Fig. 6C.

        ``(4/π) ∫₀^{π/4} min(1, h / cos t)^{2/k} dt``, by Gauss quadrature, to about 1e-15.

        Args:
            half_width: h > 0.

        Raises:
            ValueError: half_width is not positive and finite.

        Example:
            >>> round(GinibreProduct(99).fraction_in_square(0.05), 3)
            0.943
        """
        h = checks.positive("fraction_in_square", "half_width", half_width, "it is a length. Pass for example 0.05.")
        whole = min(math.acos(h), math.pi / 4) if h < 1 else 0.0  # beyond that angle the square leaves the disc
        x, w = np.polynomial.legendre.leggauss(POINTS)
        inner = whole / 2 * np.sum(w * (h / np.cos(whole / 2 * (1 + x))) ** (2 / self.k))
        return float(4 / math.pi * (inner + (math.pi / 4 - whole)))
