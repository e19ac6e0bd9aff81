r"""Balanced layers at any depth, nothing aligned, any inputs: the closed flow of the end-to-end map.

Where ``W_{l+1}ᵀW_{l+1} = W_lW_lᵀ`` the map ``W = W_L ⋯ W_1`` obeys an equation of its own,

    tau dW/dt = Σ_j [W Wᵀ]^((L−j)/L) C [Wᵀ W]^((j−1)/L),     C = Σ³¹ − W Σ¹¹,

whose fractional powers are not smooth where W loses rank. `EndToEnd` integrates the same flow without them. Let A be the
first layer, B the last and K the product of those between, in frames of rank W directions. Balance turns every other
product of layers into a whole power of ``AAᵀ`` or ``BᵀB``:

    tau dA/dt = KᵀBᵀC,   tau dB/dt = C AᵀKᵀ,   tau dK/dt = Σ_{l=2}^{L−1} (BᵀB)^(L−1−l) (BᵀCAᵀ) (AAᵀ)^(l−2),

three small matrices at any depth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deeplinear.exact.evaluations import bounded_velocity
from deeplinear.exact.modes.decoupled import ZERO
from deeplinear.task import Task
from deeplinear.weights import Weights, widths

if TYPE_CHECKING:
    from scipy.integrate import OdeSolution

    from deeplinear.arrays import Array

RTOL = 1e-13  # of the integrator; dense output keeps ten digits of it
SETTLED = 1e-13  # of Σ³¹: a smaller pull on every direction in use moves nothing any more
DEAD = 1e-5  # share of a dying direction in the next: 1e-10 in the map. Near 1e-6, √ of RTOL, rounding would revive it


class Ends(NamedTuple):
    """First layer A ``(..., r, n_in)``, product K of the middle ones ``(..., r, r)``, last layer B ``(..., n_out, r)``."""

    first: Array
    middle: Array
    last: Array

    @property
    def maps(self) -> Array:
        """End-to-end maps B K A, shape ``(..., n_out, n_in)``."""
        return self.last @ self.middle @ self.first


def ends(weights: Weights) -> Ends:
    """Layers of a balanced network in frames of the directions it uses.

    Args:
        weights: two balanced layers or more.
    """
    left, sizes, right = np.linalg.svd(weights[0], full_matrices=False)
    used = sizes > ZERO * max(sizes[0], np.finfo(float).tiny)
    used[min(widths(weights)) :] = False  # balanced layers have one rank: more of it is the rounding of the weights
    frame, first = left[:, used], sizes[used, None] * right[used]
    middle = np.eye(len(first))
    for w in weights[1:-1]:
        image = w @ frame
        frame, upper = np.linalg.qr(image / sizes[used])
        middle = (upper * sizes[used]) @ middle
    return Ends(first, middle, weights[-1] @ frame)


@dataclass(eq=False)
class EndToEnd:
    """The flow of one balanced start, integrated as far as it has been asked for.

    Attributes:
        task: what is learned.
        depth: number of weight matrices L.
        start: the network's ends.
        dying: whether the weakest direction cannot be learned. In two layers it dies exponentially, rounding would revive it as
            fast, and it is left out in time; in more layers both take powers of time, and nothing need be done.

    Source:
        Arora, Cohen & Hazan 2018, arXiv:1802.06509; the three-matrix form is derived here.

    Example:
        >>> path = EndToEnd(Task.from_modes([2.0]), 3, ends(tuple(np.array([[0.5]]) for _ in range(3))))
        >>> path.at(np.array([0.0, 50.0])).maps.ravel().round(9)
        array([0.125, 2.   ])
    """

    task: Task
    depth: int
    start: Ends
    dying: bool = False
    pieces: list[OdeSolution] = field(default_factory=list, repr=False)
    settled: bool = False
    rest_of_it: Remainder | None = None

    @cached_property
    def places(self) -> list[tuple[slice, tuple[int, ...]]]:
        """Where in a state each matrix lies, and its shape."""
        sizes = np.cumsum([0, *(part.size for part in self.start)]).tolist()
        return [(slice(a, b), part.shape) for a, b, part in zip(sizes, sizes[1:], self.start, strict=False)]

    def unpacked(self, states: Array) -> Ends:
        """States ``(..., size)`` as ends."""
        lead = states.shape[:-1]
        return Ends(*(states[..., place].reshape(lead + shape) for place, shape in self.places))

    def packed(self, parts: Ends) -> Array:
        """The inverse of `unpacked` for one state."""
        return np.concatenate([part.ravel() for part in parts])

    def velocity(self, _: float, state: Array) -> Array:
        """Rate of change of a state, in units of 1 / tau."""
        first, middle, last = self.unpacked(state)
        error = (self.task.optimum - last @ middle @ first) @ self.task.input_correlation
        pulled, pushed = last.T @ error, error @ first.T
        state = np.zeros_like(state)
        out = self.unpacked(state)
        np.matmul(middle.T, pulled, out=out.first)
        np.matmul(pushed, middle.T, out=out.last)
        if self.depth > 2:
            out.middle[:] = power_sum(last.T @ last, pulled @ first.T, first @ first.T, self.depth - 2)
        return state

    def push(self, _: float, state: Array) -> float:
        """Largest pull on a hidden direction, at its own scale, beyond rounding; 0 at rest, and only there."""
        at = self.unpacked(state)
        error = (self.task.optimum - at.maps) @ self.task.input_correlation
        scale = SETTLED * float(np.linalg.norm(self.task.input_output_correlation))
        pulls = [np.linalg.norm(part @ e, axis=1) for part, e in ((unit(at.first), error.T), (unit(at.last.T), error))]
        return max(0.0, float(np.max(pulls, initial=0.0)) - scale)

    def weakest(self, _: float, state: Array) -> float:
        """Share of the weakest hidden direction in the next, beyond what rounding leaves of it."""
        sizes = np.linalg.svd(self.unpacked(state).first, compute_uv=False)
        rest = sizes[-2] if len(sizes) > 1 else np.linalg.norm(self.start.first)
        return float(sizes[-1] / rest) - DEAD

    def reach(self, horizon: float) -> None:
        """Integrate to a time in units of tau, unless the network is at rest before."""
        from scipy.integrate import solve_ivp  # 0.4 s to load

        begun = self.pieces[-1].t_max if self.pieces else 0.0
        if self.rest_of_it:
            self.rest_of_it.path.reach(horizon - self.rest_of_it.since)
            self.settled = self.rest_of_it.path.settled
        if self.settled or self.rest_of_it or begun >= horizon:
            return
        state = self.pieces[-1](begun) if self.pieces else self.packed(self.start)
        if not state.size or self.push(0.0, state) == 0:
            self.settled = True
            return
        fragile = self.dying and self.depth == 2
        if fragile and self.weakest(0.0, state) <= 0:
            self.rest_of_it = self.without_weakest(begun, state)
            self.reach(horizon)
            return
        events = [ending_at(self.push), *([ending_at(self.weakest)] if fragile else [])]
        run = solve_ivp(
            bounded_velocity("the end-to-end flow", self.velocity, state.size),
            (begun, horizon),
            state,
            "DOP853",
            dense_output=True,
            events=events,
            rtol=RTOL,
            atol=self.allowances(),
        )
        if not run.success:
            raise RuntimeError(
                f"the end-to-end flow needs its integration to converge, got {run.message!r}. Ask for earlier times."
            )
        self.pieces.append(run.sol)
        self.settled = bool(len(run.t_events[0]))
        if fragile and len(run.t_events[1]):
            self.rest_of_it = self.without_weakest(run.t_events[1][0], run.y_events[1][0])
            self.reach(horizon)

    def without_weakest(self, since: float, state: Array) -> Remainder:
        """The flow that goes on when the weakest hidden direction has died."""
        at = self.unpacked(state)
        _, (outer, inner) = np.linalg.eigh(np.stack([at.last.T @ at.last, at.first @ at.first.T]))
        outer, inner = outer[:, 1:], inner[:, 1:]
        left = Ends(inner.T @ at.first, outer.T @ at.middle @ inner, at.last @ outer)
        return Remainder(since, EndToEnd(self.task, self.depth, left), inner, outer)

    def allowances(self) -> Array:
        """Absolute tolerances: rounding at the scale of the hidden directions that an entry joins."""
        rows = np.linalg.norm(self.start.first, axis=1, keepdims=True)
        columns = np.linalg.norm(self.start.last, axis=0, keepdims=True)
        each = Ends(
            np.broadcast_to(rows, self.start.first.shape),
            (columns.T * rows.T) ** ((self.depth - 2) / 2),
            np.broadcast_to(columns, self.start.last.shape),
        )
        return 1e-15 * self.packed(each) + np.finfo(float).tiny

    def at(self, t: Array) -> Ends:
        """Ends at these times in units of tau, shape ``(T,)``, in any order."""
        self.reach(float(t.max(initial=0.0)))
        states = np.repeat(self.packed(self.start)[None], len(t), axis=0)
        for piece in self.pieces:
            late = t > piece.t_min
            if late.any():
                states[late] = piece(np.minimum(t[late], piece.t_max)).T
        found, after = self.unpacked(states), self.rest_of_it
        if after and (t > after.since).any():
            late = t > after.since
            first, middle, last = after.path.at(t[late] - after.since)
            found.first[late], found.last[late] = after.inner @ first, last @ after.outer.T
            found.middle[late] = after.outer @ middle @ after.inner.T
        return found

    def moments(self, between: int) -> Array:
        """Times that cover what has been integrated, so many to a stretch, in units of tau."""
        stretches = [np.linspace(p.t_min, p.t_max, between + 1)[1:] for p in self.pieces]
        if self.rest_of_it:
            stretches.append(self.rest_of_it.since + self.rest_of_it.path.moments(between)[1:])
        return np.concatenate([[0.0], *stretches])


class Remainder(NamedTuple):
    """What goes on after a direction has died: since when, how, and in which hidden directions of first and last layer."""

    since: float
    path: EndToEnd
    inner: Array
    outer: Array


def ending_at(function: Callable[[float, Array], float]) -> Callable[[float, Array], float]:
    """A function as an event at whose zero an integration ends."""

    def event(t: float, state: Array) -> float:
        return function(t, state)

    event.terminal = True  # pyright: ignore[reportFunctionMemberAccess]
    return event


def unit(rows: Array) -> Array:
    """An orthonormal basis of the row space, in rows, whatever their sizes."""
    return np.linalg.svd(rows, full_matrices=False)[2]


def power_sum(p: Array, d: Array, q: Array, terms: int) -> Array:
    """``Σ_{j=0}^{n−1} p^(n−1−j) d q^j`` for n = terms >= 1, by doubling: ``S_2n = pⁿ S_n + S_n qⁿ``.

    Example:
        >>> power_sum(np.array([[2.0]]), np.eye(1), np.array([[3.0]]), 3)  # 4 + 6 + 9
        array([[19.]])
    """
    total, pn, qn = d, p, q
    for bit in bin(terms)[3:]:
        total, pn, qn = pn @ total + total @ qn, pn @ pn, qn @ qn
        if bit == "1":
            total, pn, qn = p @ total + d @ qn, pn @ p, qn @ q
    return total
