"""Where order meets chaos: the gain, and the line of weights and biases, on which χ₁ = 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from deeplinear.activations import Activation
from deeplinear.messages import shown
from deeplinear.propagation.expectation import gaussian_mean
from deeplinear.propagation.fixed_points import GRID, mean_derivative_square, root, rtol_of
from deeplinear.propagation.layer_variances import nonnegative
from deeplinear.propagation.steepness import with_finite_slope


class CriticalPoint(NamedTuple):
    """A point of the critical line.

    Attributes:
        weight_std: σ_w.
        bias_std: σ_b.
        q: its fixed point q*.
    """

    weight_std: float
    bias_std: float
    q: float


def critical_gain(activation: str | Activation | Callable) -> float:
    """The gain g at which q = 0 loses its stability in a network without biases: ``1 / √E[φ'(0)²]``, over both sides of 0.

    Where φ bends upwards at 0 (GELU, SiLU: 2) variances above an unstable fixed point escape at smaller gains already:
    `MeanField.fixed_points` lists it.

    Raises:
        ValueError: ``φ(0) ≠ 0``, so that zero variance is not kept, or ``φ'(0) = 0``; φ jumps or has an infinite slope.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 4: 1 for tanh.

    Example:
        >>> critical_gain("tanh"), round(critical_gain("relu") ** 2, 12)
        (1.0, 2.0)
    """
    phi = with_finite_slope("critical_gain", activation)
    start = float(phi(np.zeros(1))[0])
    square = mean_derivative_square(phi, 0.0)
    if start != 0 or square == 0:
        raise ValueError(
            f"critical_gain needs φ(0) = 0 and φ'(0) != 0, got {phi.name} with φ(0)={start:.6g}, mean φ'(0)²={square:.6g}: no "
            f"gain makes zero variance lose its stability. Use critical_line(..., q=...) for the line with biases."
        )
    return 1 / float(np.sqrt(square))


def critical_line(
    activation: str | Activation | Callable, *, q: float | None = None, bias_std: float | None = None
) -> CriticalPoint:
    """σ_w and σ_b at which χ₁ = 1, given the fixed point q* or given σ_b.

    ``σ_w² = 1 / E[φ'²]``, ``σ_b² = q − σ_w² E[φ²]``. The difference is taken without its leading parts: with the mean and the
    slope of φ removed, ``ψ = φ − E[φ] − E[φ'] h``, it is ``σ_w² (q E[ψ'²] − E[ψ²] − E[φ]²)``.

    Args:
        activation: φ.
        q: the variance that shall be kept, ``>= 0``; or
        bias_std: σ_b, ``>= 0``; where several points have it, the one of least q.

    Raises:
        ValueError: neither or both given; no critical network keeps this q or has this σ_b; φ jumps or has an infinite slope.

    Source:
        Schoenholz et al. 2017, arXiv:1611.01232; Pennington, Schoenholz & Ganguli 2017, arXiv:1711.04735, section 2.

    Example:
        >>> point = critical_line("tanh", bias_std=2.01e-5**0.5)  # trains 10,000 layers: Xiao et al. 2018, arXiv:1806.05393
        >>> round(point.weight_std**2, 6), round(point.q, 5)
        (1.049996, 0.02592)
    """
    phi = with_finite_slope("critical_line", activation)
    if (q is None) == (bias_std is None):
        raise ValueError(
            f"critical_line needs one of q and bias_std, got q={shown(q)}, bias_std={shown(bias_std)}: either one fixes the point. "
            f"Pass for example bias_std=0.1."
        )
    if q is None:
        assert bias_std is not None
        (bias_std,) = nonnegative("critical_line", bias_std=bias_std)
        q = with_bias(phi, bias_std)
        return CriticalPoint(critical_weight(phi, q), bias_std, q)
    (q,) = nonnegative("critical_line", q=q)
    square = critical_bias_square(phi, float(q))
    if square < -1e-14 * q:
        raise ValueError(
            f"critical_line needs q >= E[φ²] / E[φ'²], got q={q!r}: for {phi.name} that asks for σ_b² = {square:.4g} < 0. "
            f"Pass another q."
        )
    return CriticalPoint(critical_weight(phi, float(q)), float(np.sqrt(max(square, 0.0))), float(q))


def critical_weight(phi: Activation, q: float) -> float:
    """``σ_w = 1 / √E[φ'²]``."""
    return 1 / float(np.sqrt(mean_derivative_square(phi, q)))


def critical_bias_square(phi: Activation, q: float) -> float:
    """``σ_b²`` of the critical network that keeps q; negative where there is none."""
    rtol = rtol_of(phi)
    mean, slope, square = gaussian_mean(
        lambda h: np.stack([phi(h), phi.derivative(h), np.square(phi.derivative(h))]), q, phi.kinks, rtol
    )

    # of φ ≈ h little is left but rounding where q is small: below the floor it need not settle
    floor = slope**2 * (1e-8 if rtol > 1e-12 else 1e-14) * np.array([[1.0], [q]]) + mean**2 * np.array([[0.0], [1e-20]])

    def rest(h: np.ndarray) -> np.ndarray:
        return np.stack([np.square(phi.derivative(h) - slope), np.square(phi(h) - mean - slope * h)]) + floor

    bent, left = gaussian_mean(rest, q, phi.kinks, max(rtol, 1e-9)) - floor[:, 0]
    return float((q * bent - left - mean**2) / square)


def with_bias(phi: Activation, bias_std: float) -> float:
    """The least q on the critical line with this σ_b."""
    if bias_std == 0 and float(phi(np.zeros(1))[0]) == 0:
        return 0.0

    def over(q: float) -> float:
        return critical_bias_square(phi, q) / bias_std**2 - 1 if bias_std > 0 else critical_bias_square(phi, q) / q

    before, low = None, 0.0
    for q in GRID[::4]:
        try:
            now = over(float(q))
        except RuntimeError:  # oscillating φ at large variance
            before = None
            continue
        if now == 0:
            return float(q)
        if before is not None and before * now < 0:
            return root(over, low, float(q))
        before, low = now, float(q)
    raise ValueError(
        f"critical_line needs a bias that some critical network has, got bias_std={bias_std!r}: with {phi.name} no variance "
        f"up to {low:.3g} has it. Pass q, or another bias_std."
    )
