r"""What noise does to the singular values and vectors of a low-rank matrix, and the matrix to those of the noise.

``M = Σ_i s_i u_i v_iᵀ + noise``, shape ``(N_3, N_1)``, ``A = N_3/N_1``, noise of entry variance ``sigma²/N_1``, N → ∞.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.arguments import real_number
from deeplinear.exact import checks

if TYPE_CHECKING:
    from deeplinear.arrays import Array


FAINT = 1e60  # noise over signal beyond which nothing changes; its fourth power is still finite


def checked(function: str, s: ArrayLike, aspect: float, sigma: float) -> tuple[Array, Array, float, float]:
    """Singular values of the teacher, noise over signal, aspect and noise scale, all in their domains."""
    s = checks.positive(function, "s", s)
    aspect = real_number(function, "aspect", aspect, "> 0", "it is n_out / n_in. Pass for example 0.5.")
    sigma = real_number(function, "sigma", sigma, ">= 0", "it is a standard deviation. Pass 0.0 for no noise.")
    with np.errstate(over="ignore"):
        return s, np.minimum(sigma / s, FAINT), aspect, sigma


def seen(s: ArrayLike, *, aspect: float, sigma: float = 1.0) -> NDArray[np.bool_]:
    """Whether a mode stands out of the noise: ``s > A^(1/4) sigma``. Arguments as in `empirical_singular_value`."""
    _, ratio, aspect, _ = checked("seen", s, aspect, sigma)
    return np.asarray(aspect**0.25 * ratio < 1)


def empirical_singular_value(s: ArrayLike, *, aspect: float, sigma: float = 1.0) -> Array:
    """Singular value ŝ of the noisy matrix that a teacher's mode gives rise to.

    ``√((sigma² + s²)(A sigma² + s²)) / s`` above the threshold ``A^(1/4) sigma``, the edge of the noise,
    ``sigma (1 + √A)``, below it.

    Args:
        s: singular values of the teacher, shape ``(...,)``, ``> 0``.
        aspect: ``A = N_3/N_1``, outputs for each input, ``> 0``.
        sigma: scale of the noise, ``>= 0``: its entries have variance ``sigma²/N_1``.

    Returns:
        Singular values, shape ``(...,)``; s where there is no noise.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Benaych-Georges & Nadakuditi 2012, arXiv:1103.2221, section 3.1; Lampinen & Ganguli 2018, arXiv:1809.10374,
        whose form has ``sigma = 1``.

    Example:
        >>> empirical_singular_value([0.8, 1.5, 3.0], aspect=1.0).round(3)
        array([2.   , 2.167, 3.333])
    """
    s, ratio, aspect, sigma = checked("empirical_singular_value", s, aspect, sigma)
    above = s * np.sqrt(1 + ratio**2) * np.sqrt(1 + aspect * ratio**2)
    return np.where(seen(s, aspect=aspect, sigma=sigma), above, sigma * (1 + np.sqrt(aspect)))[()]


def overlaps(s: ArrayLike, *, aspect: float, sigma: float = 1.0) -> tuple[Array, Array]:
    """``|u · û|`` on the output side and ``|v · v̂|`` on the input side; arguments as in `empirical_singular_value`.

    ``√((1 − A r⁴)/(1 + A r²))`` and ``√((1 − A r⁴)/(1 + r²))`` with ``r = sigma/s``; 0 below the threshold.
    """
    _, ratio, aspect, _ = checked("overlaps", s, aspect, sigma)
    gain = np.maximum(1 - aspect * ratio**4, 0.0)
    return np.sqrt(gain / (1 + aspect * ratio**2))[()], np.sqrt(gain / (1 + ratio**2))[()]


def overlap(s: ArrayLike, *, aspect: float, sigma: float = 1.0) -> Array:
    """``O = |u · û| |v · v̂|``: how much of a mode of the noisy matrix is the teacher's.

    Args:
        s: singular values of the teacher, shape ``(...,)``, ``> 0``.
        aspect: ``A = N_3/N_1``, ``> 0``.
        sigma: scale of the noise, ``>= 0``.

    Returns:
        Overlaps, shape ``(...,)``, from 0, at and below the threshold ``A^(1/4) sigma``, towards 1.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        As `empirical_singular_value`; under the two square roots there, ``1 − A(1+s²)/(s²(A+s²))`` and
        ``1 − (A+s²)/(s²(1+s²))``, the numerator is ``s⁴ − A``: ours does not cancel.

    Example:
        >>> overlap([0.8, 1.5, 3.0], aspect=1.0).round(3)
        array([0.   , 0.556, 0.889])
    """
    left, right = overlaps(s, aspect=aspect, sigma=sigma)
    return left * right


def distance(angles: Array, edge: Array) -> Array:
    """``|edge − exp(−iθ)|²`` with θ = π − φ, without cancellation where both are near."""
    return (edge - 1) ** 2 + 4 * edge * np.cos(angles / 2) ** 2


def displaced(angles: Array, *, s: Array, aspect: float, sigma: float) -> Array:
    """Noise modes in each dφ that one mode of the teacher adds, shape ``(..., m)``; in all −1 if it stands out, else 0.

    ``−Im d ln(1 − s² D)/π`` with ``1/(s² D) = √A (sigma/s)² exp(iθ)``, D the transform of Benaych-Georges & Nadakuditi
    2012 on the Marchenko-Pastur law (*derived*).
    """
    _, ratio, aspect, _ = checked("displaced", s, aspect, sigma)
    edge = np.sqrt(aspect) * ratio**2
    return -(edge * np.cos(angles) + 1) / (np.pi * distance(angles, edge))


def leaked(angles: Array, eigenvalues: Array, *, s: Array, aspect: float, sigma: float) -> Array:
    """``Σ (û · u)(v̂ · v)`` over the noise modes in each dφ, for one mode of the teacher, shape ``(..., m)`` (*derived*).

    Each noise mode holds 1/N of the teacher, and there are N of them. From the resolvent ``s D/(1 − s² D)`` of the
    noisy matrix between u and v. Weighted with their singular values the noise modes hold ``s − ŝ O``: ``A sigma⁴/s³``
    of a mode that stands out, and all of one that does not.
    """
    _, ratio, aspect, _ = checked("leaked", s, aspect, sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        wave = np.where(eigenvalues > 0, np.sin(angles) ** 2 / np.sqrt(eigenvalues), 0.0)
    return 2 * aspect * ratio**3 / np.pi * wave / distance(angles, np.sqrt(aspect) * ratio**2)
