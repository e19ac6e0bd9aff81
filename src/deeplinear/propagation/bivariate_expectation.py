"""Gaussian expectations of two correlated pre-activations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.propagation.expectation import LEVELS, REACH, WIDE, pieces, rule, trapezoid

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Function = Callable[["Array"], "Array"]
AT_ONCE = 2**20  # values of a block of rows


def pair_mean(
    first: Function,
    second: Function,
    variances: tuple[float, float],
    correlation: float,
    kinks: Sequence[float] = (),
    rtol: float = 1e-12,
) -> float:
    """``E[f(u1) g(u2)]`` over centred Gaussians u1, u2 of the given variances and correlation c.

    Written ``E[f(u1) E[g(u2) | u1]]``. The inner mean stops at the kinks of g, wherever they lie for this u1; the outer one
    at the kinks of f and where u1 carries u2 across a kink of g, so that ``c → ±1``, where the inner mean becomes as sharp
    as g itself, stays right.

    Args:
        first: f, elementwise.
        second: g, elementwise.
        variances: ``(q1, q2)``, each ``>= 0``.
        correlation: c in [−1, 1].
        kinks: places where f, g or their derivatives jump.
        rtol: largest difference of two rules, in units of ``E|f g|``.

    Raises:
        ValueError: variances or a correlation that no pair of Gaussians has.
        RuntimeError: the mean never settles.

    Example:
        >>> round(pair_mean(np.sin, np.sin, (1.0, 1.0), 0.5), 12) == round(float(np.exp(-1) * np.sinh(0.5)), 12)
        True
    """
    if not (np.isfinite(variances).all() and min(variances) >= 0 and abs(correlation) <= 1):
        raise ValueError(
            f"pair_mean needs finite variances >= 0 and a correlation in [-1, 1], got variances={variances!r}, "
            f"correlation={correlation!r}: no pair of Gaussians has them. Pass the correlation of the two pre-activations."
        )
    before, rest = None, np.inf
    for level in range(-1, LEVELS - 1):
        mean, size = once(first, second, variances, correlation, tuple(kinks), level)
        if before is not None:
            rest = abs(mean - before) / (size + 1e-290)
            if rest <= rtol:
                return mean
        before = mean
    raise RuntimeError(
        f"pair_mean needs functions that are smooth between their kinks, got kinks={tuple(kinks)!r}: at variances="
        f"{variances!r} and correlation={correlation!r} the finest rules still differ by {rest:.1g} of the mean size. "
        f"Name the places where a function or a derivative jumps, as in as_activation(f, kinks=(0.5,)); pair_mean itself also "
        f"takes rtol."
    )


def once(
    first: Function,
    second: Function,
    variances: tuple[float, float],
    c: float,
    kinks: tuple[float, ...],
    level: int,
) -> tuple[float, float]:
    """The mean of ``f g`` and of ``|f g|`` by one rule."""
    sd1, sd2 = np.sqrt(variances)
    if sd1 == 0 or sd2 == 0:
        c = 0.0  # a constant is independent of everything
    drift = c * sd2 / sd1 if sd1 > 0 else 0.0
    spread = sd2 * np.sqrt((1 - c) * (1 + c))
    crossings = [k / drift for k in kinks if drift and abs(k) < REACH * abs(drift) * sd1]
    u1, outer = rule(variances[0], (*kinks, *crossings), level)
    outer = outer * first(u1)
    mean, size = 0.0, 0.0
    rows = max(1, AT_ONCE // (1 + inner_size(spread, kinks, level)))
    for start in range(0, u1.size, rows):
        block = slice(start, start + rows)
        u2, inner = conditional(drift * u1[block], spread, kinks, level)
        values = second(u2)
        mean += float(outer[block] @ (values * inner).sum(-1))
        size += float(np.abs(outer[block]) @ (np.abs(values) * inner).sum(-1))
    return mean, size


def conditional(centre: Array, spread: float, kinks: tuple[float, ...], level: int) -> tuple[Array, Array]:
    """Nodes and weights for ``N(centre, spread²)``, one row for each centre."""
    centre = centre[:, None]
    if spread == 0:
        return centre, np.ones_like(centre)
    if not kinks and spread**2 <= WIDE:
        z, weight = trapezoid(spread, level)
        return centre + spread * z, weight
    breaks = np.unique([*kinks, 0.0] if spread**2 > WIDE else [*kinks])
    # from the centre, not from 0: next to c = ±1 the spread is smaller than the rounding of u2
    reach = np.full_like(centre, REACH * spread)
    offset, length = pieces(np.concatenate([-reach, np.clip(breaks - centre, -reach, reach), reach], axis=1), level)
    return centre + offset, length * np.exp(-np.square(offset / spread) / 2) / (spread * np.sqrt(2 * np.pi))


def inner_size(spread: float, kinks: tuple[float, ...], level: int) -> int:
    """How many values one row of `conditional` holds."""
    if not kinks and spread**2 <= WIDE:
        return trapezoid(spread, level)[0].size if spread > 0 else 1
    return (len(kinks) + 2) * int(2.0 ** (9 + level))
