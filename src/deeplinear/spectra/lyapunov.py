r"""Ever longer products of N × N Gaussian matrices: Lyapunov exponents, and the triangle law for large N.

For ``k ≫ N`` the j-th largest singular value grows or shrinks by ``μ_j`` in each layer, with Gaussian fluctuations. While
``k ≲ N`` the Fuss-Catalan law is the better guide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import polygamma, psi

from deeplinear.spectra import checks
from deeplinear.spectra.law import Foot
from deeplinear.spectra.transformed import PositiveLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array

SIZE = "it is the width of the matrices. Pass for example n=100."


class LogSingularValues(NamedTuple):
    """Logarithms of singular values of a long product, in descending order.

    Attributes:
        mean: shape ``(n,)``.
        std: from one draw of all matrices to the next, shape ``(n,)``.
    """

    mean: Array
    std: Array


def lyapunov_exponents(n: int) -> Array:
    """Growth of the logarithm of each singular value in each layer, ``μ_j = ½ [ln(2/n) + ψ((n − j + 1)/2)]``.

    Args:
        n: width; entries of the matrices are independent with standard deviation ``1/√n``.

    Returns:
        Exponents, shape ``(n,)``, descending; near ``½ ln(1 − j/n)`` for large n and j < n.

    Raises:
        ValueError: n is not a whole number from 1.

    Source:
        Newman 1986, Commun. Math. Phys. 103, 121; ψ is the digamma function.

    Example:
        >>> lyapunov_exponents(100)[[0, 99]].round(5)
        array([-0.00502, -2.93777])
    """
    n = checks.count("lyapunov_exponents", "n", n, SIZE)
    return 0.5 * (math.log(2 / n) + psi(np.arange(n, 0, -1) / 2))


def lyapunov_variances(n: int) -> Array:
    """Variance that each layer adds to the logarithm of each singular value, ``¼ ψ'((n − j + 1)/2)``.

    Args:
        n: width.

    Returns:
        Variances, shape ``(n,)``, ascending from about ``1/2n``.

    Raises:
        ValueError: n is not a whole number from 1.

    Source:
        Newman 1986, from the same independent chi-squared variables as the exponents.

    Example:
        >>> lyapunov_variances(100)[[0, 99]].round(4)
        array([0.0051, 1.2337])
    """
    n = checks.count("lyapunov_variances", "n", n, SIZE)
    return 0.25 * polygamma(1, np.arange(n, 0, -1) / 2)


def long_product(n: int, *, k: int) -> LogSingularValues:
    """Mean and spread of the logarithm of each singular value of a product of k matrices, ``k ≫ n``.

    Args:
        n: width.
        k: how many matrices.

    Returns:
        Means ``k μ_j`` and standard deviations, shape ``(n,)`` each. For any k their sum is exact: the mean of
        ``ln |det|`` is the sum of the means, its variance the sum of the variances.

    Raises:
        ValueError: n or k is not a whole number from 1.

    Example:
        >>> mean, std = long_product(100, k=10_000)
        >>> mean[-1].round(1), std[-1].round(1)
        (np.float64(-29377.7), np.float64(111.1))
    """
    n, k = checks.count("long_product", "n", n, SIZE), checks.count("long_product", "k", k, "it counts matrices.")
    return LogSingularValues(k * lyapunov_exponents(n), np.sqrt(k * lyapunov_variances(n)))


@dataclass(frozen=True)
class Triangle(PositiveLaw):
    """The k-th root ``r = e^μ`` of singular values of an infinitely long product of infinitely wide matrices: density 2r on [0, 1].

    The order of limits is k → ∞ first.

    Source:
        Newman 1986; Isopi & Newman 1992.

    Example:
        >>> Triangle().cdf(0.5), Triangle().logarithm().mean().__round__(9)
        (np.float64(0.25), -0.5)
    """

    def _edges(self) -> tuple[float, float]:
        return -math.inf, 0.0

    def _foot(self) -> Foot:
        return Foot(2.0, 1.0)

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        return 2 * log_x, np.log(-np.expm1(2 * log_x))

    def _log_density(self, log_x: Array) -> Array:
        return math.log(2) + 2 * log_x

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        return 0.5 * np.where(log_q < log_p, np.log1p(-np.exp(np.minimum(log_q, -0.1))), log_p)

    def _moment(self, order: float) -> float:
        return 2 / (2 + order)
