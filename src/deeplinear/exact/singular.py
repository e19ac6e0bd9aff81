"""Singular values and vectors of a moving map, each followed through time instead of sorted anew at every moment."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array

ALIKE = 0.9  # overlap of a pair of vectors with its successor below which a moment between is looked at
HALVINGS = 40  # of one interval: what still turns faster than that passes through an exact crossing
TIED = 1e-9  # of the largest singular value: a smaller gap between neighbours leaves their vectors undetermined
EVE = 1e-5  # of an interval: so shortly before its end vectors are what they are there, and a crossing is not one yet
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


def followed(
    maps: Callable[[Array], Array], times: Array, velocity: Callable[[float], Array] | None = None
) -> Singular:
    """Singular values and vectors at these times, by overlap with the moment before; intervals are halved until it is clear.

    Where values are equal their vectors are any basis of a subspace: at the first moment the one is taken in which the map moves
    on without mixing them, later the one nearest to the moment before.

    Args:
        maps: times ``(T,)`` to maps ``(T, n_out, n_in)``.
        times: shape ``(T,)``, in any order.
        velocity: a time to the rate of change of the map there, shape ``(n_out, n_in)``, up to a factor.

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
    if not moments.size:
        raise ValueError(
            "Law.singular needs at least one time, got times=[]: there is nothing to decompose. Pass [0.0]."
        )
    first = decomposed(maps(moments[:1])[0])
    chain = [leaving(first, velocity(float(moments[0]))) if velocity and tied(first) else first]
    for begin, end in zip(moments[:-1].tolist(), moments[1:].tolist(), strict=True):
        chain.append(carried(maps, begin, chain[-1], end, HALVINGS))
    order = np.argsort(-chain[-1].s, kind="stable")
    u, s, v = (np.stack(part)[..., order] for part in zip(*chain, strict=True))
    return Singular(u[back], s[back], v[back])


def decomposed(w: Array) -> Singular:
    """Singular value decomposition of one map."""
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    return Singular(u, s, vt.T)


def tied(found: Singular) -> list[slice]:
    """Columns of equal singular values, those that are zero left out."""
    top = max(float(found.s.max(initial=0.0)), 1e-300)
    cuts = np.flatnonzero(-np.diff(found.s) > TIED * top) + 1
    ends = [0, *cuts.tolist(), len(found.s)]
    groups = [slice(a, b) for a, b in itertools.pairwise(ends)]
    return [g for g in groups if g.stop - g.start > 1 and found.s[g].min() > ABSENT * top]


def rotated(found: Singular, group: slice, turn: Array) -> Singular:
    """The same decomposition in another basis of one subspace of equal singular values."""
    u, v = found.u.copy(), found.v.copy()
    u[:, group], v[:, group] = u[:, group] @ turn, v[:, group] @ turn
    return Singular(u, found.s, v)


def leaving(found: Singular, velocity: Array) -> Singular:
    """Equal singular values in the basis in which they part: degenerate perturbation theory to first order.

    With ``W v = s u`` on the subspace, ``s(t)`` are the eigenvalues of the symmetric part of ``uᵀ (dW/dt) v``.
    """
    for group in tied(found):
        rise = found.u[:, group].T @ velocity @ found.v[:, group]
        found = rotated(found, group, np.linalg.eigh(rise + rise.T)[1][:, ::-1])
    return found


def aligned(found: Singular, before: Singular) -> Singular:
    """Equal singular values in the basis nearest to that of the moment before."""
    for group in tied(found):
        overlap = found.u[:, group].T @ before.u + found.v[:, group].T @ before.v
        near = np.argsort(-np.linalg.norm(overlap, axis=0), kind="stable")[: group.stop - group.start]
        left, _, right = np.linalg.svd(overlap[:, np.sort(near)])
        found = rotated(found, group, left @ right)
    return found


def carried(
    maps: Callable[[Array], Array], begin: float, before: Singular, end: float, halvings: int, *, near: bool = False
) -> Singular:
    """The decomposition at the end of an interval, columns in the order and with the signs of those at its beginning."""
    from scipy.optimize import linear_sum_assignment  # 0.3 s to load

    after = decomposed(maps(np.array([end]))[0])
    if tied(after):
        eve = end - EVE * (end - begin)
        if not near and begin < eve < end:  # a crossing: its vectors are those with which it is approached
            return carried(maps, eve, carried(maps, begin, before, eve, halvings, near=True), end, 0, near=True)
        after = aligned(after, before)
    sides = before.u.T @ after.u
    overlap = np.abs(sides) * np.abs(before.v.T @ after.v)
    partner = linear_sum_assignment(-overlap)[1]
    known = np.minimum(before.s / max(before.s.max(), 1e-300), after.s[partner] / max(after.s.max(), 1e-300)) > ABSENT
    unclear = (overlap[np.arange(len(partner)), partner] < ALIKE) & known
    middle = (begin + end) / 2
    if unclear.any() and halvings and begin < middle < end:
        half = carried(maps, begin, before, middle, halvings - 1, near=near)
        return carried(maps, middle, half, end, halvings - 1, near=near)
    sign = np.where(sides[np.arange(len(partner)), partner] < 0, -1.0, 1.0)
    return Singular(after.u[:, partner] * sign, after.s[partner], after.v[:, partner] * sign)
