"""Singular values and vectors of a moving map, each followed through time instead of sorted anew at every moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from deeplinear.task import Array

ALIKE = 0.9  # overlap of a pair of vectors with its successor below which a moment between is looked at
HALVINGS = 40  # of one interval: what still turns faster than that passes through an exact crossing
ABSENT = 1e-12  # of the largest singular value: a smaller one has no vectors to follow


class Singular(NamedTuple):
    """``W(t) = Σ_r s_r u_r v_rᵀ``, columns ordered by where they are at the last time, signs continuous.

    Attributes:
        u: shape ``(T, n_out, k)``, ``k = min(n_out, n_in)``.
        s: shape ``(T, k)``, ``>= 0``, in general not sorted.
        v: shape ``(T, n_in, k)``.
    """

    u: Array
    s: Array
    v: Array


def followed(maps: Callable[[Array], Array], times: Array) -> Singular:
    """Singular values and vectors at these times, by overlap with the moment before; intervals are halved until it is clear.

    Args:
        maps: times ``(T,)`` to maps ``(T, n_out, n_in)``.
        times: shape ``(T,)``, in any order.

    Source:
        Arora, Cohen, Hu & Luo 2019, arXiv:1905.13655, theorem 3 follows the same quantities by their own equations, which
        are singular where two values cross.

    Example:
        >>> both = followed(lambda t: np.stack([np.diag([1.0 - x, x]) for x in t]), np.array([0.2, 0.9]))
        >>> both.s
        array([[0.2, 0.8],
               [0.9, 0.1]])
    """
    moments, back = np.unique(times, return_inverse=True)
    chain = [decomposed(maps(moments[:1])[0])]
    for begin, end in zip(moments[:-1].tolist(), moments[1:].tolist(), strict=True):
        chain.append(carried(maps, begin, chain[-1], end, HALVINGS))
    order = np.argsort(-chain[-1].s, kind="stable")
    u, s, v = (np.stack(part)[..., order] for part in zip(*chain, strict=True))
    return Singular(u[back], s[back], v[back])


def decomposed(w: Array) -> Singular:
    """Singular value decomposition of one map."""
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    return Singular(u, s, vt.T)


def carried(maps: Callable[[Array], Array], begin: float, before: Singular, end: float, halvings: int) -> Singular:
    """The decomposition at the end of an interval, columns in the order and with the signs of those at its beginning."""
    from scipy.optimize import linear_sum_assignment  # 0.3 s to load

    after = decomposed(maps(np.array([end]))[0])
    sides = before.u.T @ after.u
    overlap = np.abs(sides) * np.abs(before.v.T @ after.v)
    partner = linear_sum_assignment(-overlap)[1]
    known = np.minimum(before.s / max(before.s.max(), 1e-300), after.s[partner] / max(after.s.max(), 1e-300)) > ABSENT
    unclear = (overlap[np.arange(len(partner)), partner] < ALIKE) & known
    middle = (begin + end) / 2
    if unclear.any() and halvings and begin < middle < end:
        half = carried(maps, begin, before, middle, halvings - 1)
        return carried(maps, middle, half, end, halvings - 1)
    sign = np.where(sides[np.arange(len(partner)), partner] < 0, -1.0, 1.0)
    return Singular(after.u[:, partner] * sign, after.s[partner], after.v[:, partner] * sign)
