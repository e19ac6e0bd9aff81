r"""A balanced network aligned with its task, reduced to numbers: one strength, residual and input power a direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arrays import real_array
from deeplinear.exact import checks
from deeplinear.messages import shown

if TYPE_CHECKING:
    from deeplinear.arrays import Array


MOST = 1e9  # units of a layer


@dataclass(frozen=True, eq=False)
class Directions:
    """What the Hessian depends on, strongest direction first and all strengths positive.

    Attributes:
        a: strength of each layer along each direction, ``|u|^(1/L)``, shape ``(M, N)``.
        e: residuals ``d (u − u*)``, shape ``(M, N)``; 0 beyond the modes.
        d: input powers, shape ``(M, N)``; 0 beyond the inputs.
        widths: ``(n_0, …, n_L)``; N is the largest.
        lead: leading axes, of M points in all.
    """

    a: Array
    e: Array
    d: Array
    widths: tuple[int, ...]
    lead: tuple[int, ...]

    @property
    def depth(self) -> int:
        """Number of weight matrices."""
        return len(self.widths) - 1


def arranged(
    name: str, strengths: ArrayLike, targets: ArrayLike, widths: Sequence[int], powers: ArrayLike
) -> Directions:
    """Check the arguments, turn output directions so that no strength is negative, and put strong modes first.

    Only modes with a strength need a unit in every layer, so those must come before the others for ``p <= n_l`` to say
    which entries exist.
    """
    sizes = checked_widths(name, widths)
    u, goal = np.atleast_1d(checks.finite(name, "strengths", strengths)), checks.finite(name, "targets", targets)
    if goal.ndim == 0 or goal.shape[-1] != u.shape[-1] or goal.shape not in (u.shape, u.shape[-1:]):
        raise ValueError(
            f"{name} needs strengths and targets of shapes that match, got {u.shape} and {goal.shape}: the last axis is that "
            f"of modes. Pass one target for each mode."
        )
    goal = np.broadcast_to(goal, u.shape)
    lead, k = u.shape[:-1], u.shape[-1]
    check_room(name, k, (sizes[0], sizes[-1]))
    u, goal = u.reshape(-1, k), goal.reshape(-1, k)
    crowd = int((u != 0).sum(axis=1).max(initial=0))
    if crowd > min(sizes):
        raise ValueError(
            f"{name} needs at most min(widths) modes with a strength, got {crowd} and widths={sizes!r}: no such network "
            f"has a map of that rank. Widen the narrowest layer, or set the others to 0."
        )
    d = np.broadcast_to(checked_powers(name, powers, sizes[0]), (len(u), sizes[0]))
    goal, u = np.where(u < 0, -goal, goal), np.abs(u)
    order = np.argsort(-u, axis=1, kind="stable")
    u, goal, own = (np.take_along_axis(x, order, axis=1) for x in (u, goal, d[:, :k]))
    d = np.concatenate([own, d[:, k:]], axis=1)
    a, e = u ** (1 / (len(sizes) - 1)), own * (u - goal)
    pad = max(sizes)
    a, e, d = (np.pad(x, [(0, 0), (0, pad - x.shape[1])]) for x in (a, e, d))
    return Directions(a, e, d, sizes, lead)


def thinned(modes: Directions) -> Directions:
    """The same modes with two of the directions that carry nothing: those of the most and the least input power."""
    k = int(((modes.a != 0) | (modes.e != 0)).any(axis=0).nonzero()[0].max(initial=-1)) + 1
    if max(modes.widths) <= k + 2:
        return modes
    d = modes.d[:, :k]
    rest = modes.d[:, k : modes.widths[0]]
    if rest.shape[1]:
        d = np.concatenate([d, rest.max(axis=1, keepdims=True), rest.min(axis=1, keepdims=True)], axis=1)
    else:
        d = np.pad(modes.d[:, :k], [(0, 0), (0, 2)])
    return Directions(
        modes.a[:, : k + 2], modes.e[:, : k + 2], d, tuple(min(n, k + 2) for n in modes.widths), modes.lead
    )


def checked_widths(name: str, widths: Sequence[int]) -> tuple[int, ...]:
    """Widths as whole numbers, at least an input and an output."""
    sizes = real_array(name, "widths", widths, "real")
    if sizes.ndim != 1 or len(sizes) < 2 or not ((sizes >= 1) & (sizes < MOST) & (sizes == np.floor(sizes))).all():
        raise ValueError(
            f"{name} needs widths (n_in, …, n_out) of whole numbers >= 1, got widths={shown(widths)}: each is a number of "
            f"units. Pass for example [3, 5, 2]."
        )
    return tuple(int(n) for n in sizes)


def checked_powers(name: str, powers: ArrayLike, n_in: int) -> Array:
    """Input powers, shape ``(n_in,)``."""
    d = checks.finite(name, "powers", powers)
    checks.refuse(name, "powers >= 0", "powers", d, d < 0, "no data have negative power. Check Σ¹¹.")
    if d.shape not in ((), (1,), (n_in,)):
        raise ValueError(
            f"{name} needs powers of shape ({n_in},) or one number, got shape {d.shape}: one for each input. List those "
            f"along the modes first."
        )
    return np.broadcast_to(d, (n_in,))


def check_room(name: str, modes: int, ends: tuple[int, int]) -> None:
    """Each mode takes an input and an output."""
    if modes > min(ends):
        raise ValueError(
            f"{name} needs at most {min(ends)} modes, got {modes} for {ends[0]} inputs and {ends[1]} outputs: each mode takes "
            f"one of both. Leave out modes without strength and target."
        )
