r"""Quadrature over the Marchenko-Pastur law, eigenvalues or singular values, any aspect ratio, any sharp place.

The angle φ from the lower edge, ``λ = (1 − √A)² + 4 √A sin²(φ/2)``, removes both square-root edges and, at ``A = 1``,
the pole of the density at 0. Gauss panels shrink geometrically towards the places where an integrand is sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks

if TYPE_CHECKING:
    from deeplinear.arrays import Array

POINTS = 20  # in a panel; poles lie about one panel away, or further
LEVELS = 40  # halvings towards a sharp place: 1e-12 of the law


class Rule(NamedTuple):
    """A quadrature rule: ``Σ weights f(eigenvalues)`` is the integral of f over the law without its atom at 0.

    Attributes:
        angles: φ, shape ``(..., m)``.
        steps: dφ, shape ``(..., m)``.
        eigenvalues: λ, shape ``(..., m)``.
        weights: shares of the law, shape ``(..., m)``; they sum to ``min(1, aspect)``.
    """

    angles: Array
    steps: Array
    eigenvalues: Array
    weights: Array

    @property
    def singular_values(self) -> Array:
        """``√λ``: with the same weights, the law in singular-value form."""
        return np.sqrt(self.eigenvalues)


def edges(aspect: float) -> tuple[float, float]:
    """Smallest and largest eigenvalue ``(1 ∓ √A)²``, the former without cancellation at A near 1."""
    root = np.sqrt(aspect)
    return float(((1 - aspect) / (1 + root)) ** 2), float((1 + root) ** 2)


def eigenvalue(angle: ArrayLike, *, aspect: float) -> Array:
    """``λ(φ) = (1 − √A)² + 4 √A sin²(φ/2)``, from the lower edge at 0 to the upper one at π."""
    return edges(aspect)[0] + 4 * np.sqrt(aspect) * np.sin(np.asarray(angle) / 2) ** 2


def marchenko_pastur(
    *, aspect: float, sharp: Sequence[tuple[ArrayLike, float]] = (), start: float = 0.0, points: int = POINTS
) -> Rule:
    """Quadrature over the eigenvalues of ``X Xᵀ``, X of shape ``(N, aspect N)`` with entries of variance 1/N, N → ∞.

    Density ``√((λ₊ − λ)(λ − λ₋)) / (2πλ)``. The atom of ``1 − aspect`` at 0, for ``aspect < 1``, is left out.

    Args:
        aspect: columns for each row of X, ``> 0``.
        sharp: angles, scalar or shape ``(...)``, each with the width, in angle, over which the integrand changes there.
        start: lowest angle of the rule.
        points: Gauss points in a panel.

    Returns:
        A rule of shape ``(..., m)``, one for each set of sharp angles.

    Raises:
        ValueError: ``aspect`` is not positive and finite.

    Source:
        Marchenko & Pastur 1967, in the scaling of Advani & Saxe 2017, arXiv:1710.03667.

    Example:
        >>> rule = marchenko_pastur(aspect=0.5)
        >>> rule.weights.sum().round(12), (rule.weights * rule.eigenvalues).sum().round(12)
        (np.float64(0.5), np.float64(0.5))
    """
    aspect = float(checks.positive("marchenko_pastur", "aspect", aspect))
    softened = np.sqrt(edges(aspect)[0]) / aspect**0.25 / 8  # 1/λ and exp(−λt) are smooth on the scale of λ₋
    places = [(np.asarray(place, dtype=np.float64), width) for place, width in ((0.0, softened), *sharp)]
    shape = np.broadcast_shapes(*(place.shape for place, _ in places))
    cuts = [np.broadcast_to(np.asarray(end), (*shape, 1)) for end in (start, np.pi)]
    for place, width in places:
        levels = int(np.clip(np.ceil(np.log2(np.pi / np.clip(width, 1e-300, np.pi))), 2, LEVELS))
        gaps = np.pi * 0.5 ** np.arange(levels + 1)
        cuts.append(np.broadcast_to(place[..., None] + np.concatenate([-gaps, [0.0], gaps]), (*shape, 2 * levels + 3)))
    grid = np.sort(np.clip(np.concatenate(cuts, axis=-1), start, np.pi), axis=-1)
    if not shape:
        grid = np.unique(grid)
    x, w = np.polynomial.legendre.leggauss(points)
    half = np.diff(grid)[..., None] / 2
    angles = (grid[..., :-1, None] + half * (1 + x)).reshape(*shape, -1)
    steps = (half * w).reshape(*shape, -1)
    eigenvalues = eigenvalue(angles, aspect=aspect)
    with np.errstate(invalid="ignore", divide="ignore"):  # empty panels on a hard edge
        weights = np.where(steps > 0, steps * 2 * aspect / np.pi * np.sin(angles) ** 2 / eigenvalues, 0.0)
    return Rule(angles, steps, eigenvalues, weights)
