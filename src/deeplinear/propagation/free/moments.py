"""Moments of free products: S-transforms as power series, whose logarithms add."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.propagation.free.numerics.layers import Layers

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def product(a: Array, b: Array) -> Array:
    """Product of two power series of the same length."""
    return np.convolve(a, b)[: len(a)]


def reversion(a: Array) -> Array:
    """Coefficients of z, z², … of the inverse function of ``a_1 y + a_2 y² + …``, from ``(a_1, a_2, …)``, by Lagrange."""
    n = len(a)
    ratio = inverse(a)  # y / f(y)
    power, out = np.eye(1, n)[0], np.empty(n)
    for k in range(1, n + 1):
        power = product(power, ratio)
        out[k - 1] = power[k - 1] / k
    return out


def inverse(a: Array) -> Array:
    """The series 1/a."""
    out = np.zeros(len(a))
    out[0] = 1 / a[0]
    for k in range(1, len(a)):
        out[k] = -out[0] * (a[1 : k + 1] @ out[k - 1 :: -1][:k])
    return out


def log(a: Array) -> Array:
    """The series ``ln (a / a_0)``."""
    k = np.arange(len(a))
    slope = product(np.append(k[1:] * a[1:], 0.0), inverse(a))
    return np.append(0.0, slope[:-1] / k[1:])


def exp(a: Array) -> Array:
    """The series ``e^a`` of a series that begins with 0."""
    out = np.eye(1, len(a))[0]
    for k in range(1, len(a)):
        out[k] = sum(j * a[j] * out[k - j] for j in range(1, k + 1)) / k
    return out


def log_s(moments: Array) -> Array:
    """``ln S(z)`` as a series, of a law of mean 1 with moments ``(m_1 = 1, m_2, …)``: ``S = (1 + z)/z · ψ⁻¹(z)``."""
    chi = reversion(moments)
    return log(product(np.append([1.0, 1.0], np.zeros(len(chi)))[: len(chi)], chi))


def free_moments(log_s_sum: Array) -> Array:
    """Moments of the law of mean 1 whose ``ln S`` is this series: shape ``(n,)`` as given."""
    n = len(log_s_sum)
    one_plus = np.append([1.0, 1.0], np.zeros(n))[:n]
    return reversion(product(exp(log_s_sum), inverse(one_plus)))


def log_mean(rows: Layers, weight_std: float) -> float:
    """``ln m_1 = Σ_l ln (σ_w² E[φ'²])``."""
    return float(np.sum(rows.counts * (2 * np.log(weight_std) + np.log(rows.moment(1)))))


def normalised(rows: Layers, order: int, gaussian: bool) -> Array:
    """``m_k / m_1^k`` of ``J Jᵀ``, k up to order."""
    means, total = rows.moment(1), np.zeros(order)
    for k in range(len(rows.counts)):
        total += rows.counts[k] * log_s(np.array([rows.moment(j)[k] / means[k] ** j for j in range(1, order + 1)]))
    if gaussian:  # S = 1/(1 + z) for each matrix
        total -= rows.counts.sum() * log(np.append([1.0, 1.0], np.zeros(order))[:order])
    return free_moments(total)
