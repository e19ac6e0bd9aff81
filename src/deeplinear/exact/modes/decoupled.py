"""Weights read in the task's own modes: is every mode a chain of scalars of its own, and of which?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.task import Task
from deeplinear.weights import Weights, end_to_end

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deeplinear.arrays import Array

ZERO = 1e-13  # of a layer's norm: a strength below it is the round-off of a zero


@dataclass(frozen=True, eq=False)
class Decoupled:
    """Layer strengths of each mode, and how far the network is from being no more than that.

    Attributes:
        layers: signed strengths ``a_l``, shape ``(L, k)``; only their sizes and the sign of the product mean anything.
        moving: modes that gradient flow can change, shape ``(k,)``: those with at most one layer at zero.
        powers: input power d along each mode, shape ``(k,)``.
        frames: hidden frames that the layers map onto each other, L + 1 of them, columns in the order of the modes.
        residuals: condition to measured residual, 0 where it holds exactly: ``white inputs``, ``aligned inputs``
            (over modes that have a target or a strength), ``decoupled`` (the layers' parts that mix modes, and the part
            of the end-to-end map outside them, relative), ``balanced`` (largest ``|a_i² − a_j²|`` relative to the
            mode's largest ``a²``), ``right sign`` (share of modes with a negative strength).
    """

    layers: Array
    moving: NDArray[np.bool_]
    powers: Array
    frames: list[Array]
    residuals: dict[str, float]

    @property
    def strengths(self) -> Array:
        """End-to-end strength of each mode, shape ``(k,)``."""
        return self.layers.prod(axis=0)


def read(task: Task, weights: Weights) -> Decoupled:
    """Layer strengths of weights ``W_l = R_{l+1} D_l R_lᵀ``, without being told the R_l.

    Starting from ``R_1 = V`` each layer shows the next frame, ``W_l v = a_l v'``; starting from ``R_{L+1} = U`` the
    transposed layers show the previous one. Both chains meet at each mode's weakest layer, so that a layer at zero, or a
    very weak one, spoils neither.

    Args:
        task: whose modes to read in. Modes beyond ``task.rank`` are an arbitrary completion.
        weights: checked weights ``(W1, …, WL)``.

    Returns:
        A `Decoupled`; whether its residuals are small enough is for a law to say.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, sections 1.3 and 2.

    Example:
        >>> import numpy as np
        >>> task = Task.from_modes([3.0, 1.0])
        >>> read(task, (np.diag([0.1, 0.2]), np.diag([-0.1, 0.2]))).strengths.round(12)
        array([-0.01,  0.04])
    """
    u, s, v = task.modes
    weights, exponents = unit_sized(weights)
    norms = np.array([np.linalg.norm(w, 2) if min(w.shape) <= 64 else np.linalg.norm(w) for w in weights])
    norms = np.where(norms > 0, norms, 1.0)
    forward, rising = frames(weights, v, norms)
    backward, falling = frames(tuple(w.T for w in weights[::-1]), u, norms[::-1])
    backward, falling = backward[::-1], falling[::-1]
    depth, k = len(weights), len(s)
    meeting = np.argmin(rising / norms[:, None], axis=0)
    layers = np.where(np.arange(depth)[:, None] < meeting, rising, falling)
    ends = [np.einsum("ia,ia->a", backward[i + 1], w @ forward[i]) for i, w in enumerate(weights)]
    layers[meeting, np.arange(k)] = np.stack(ends)[meeting, np.arange(k)]
    layers = np.where(np.abs(layers) > ZERO * norms[:, None], layers, 0.0)
    shift = (exponents - exponents.max())[:, None]  # from here on layers are compared with each other
    layers = np.ldexp(layers, shift)
    weakest = np.abs(layers).min(axis=0)
    doomed = (np.sign(layers).prod(axis=0) < 0) & (np.abs(layers) - weakest <= ZERO * np.ldexp(norms[:, None], shift))
    # a wrong sign with the two weakest layers equal dies at the saddle: do not let round-off in one of them revive it
    layers = np.where(doomed, np.copysign(weakest, layers), layers)
    moving = (layers == 0).sum(axis=0) < 2
    present = (np.arange(k) < task.rank) | (layers != 0).all(axis=0)
    own = np.ldexp(layers, -shift)
    used = moving & present
    chosen: list[Array] = [np.where(i <= meeting, f, b) for i, (f, b) in enumerate(zip(forward, backward, strict=True))]
    residuals = {
        "white inputs": task.anisotropy,
        "aligned inputs": task.misalignment_of(present),
        "decoupled": max(
            mixing(weights, [r[:, used] for r in chosen], own[:, used]),
            outside(weights, own, task),
        ),
        "balanced": imbalance(layers[:, used]),
        "right sign": float((np.sign(layers).prod(axis=0)[used] < 0).mean()) if used.any() else 0.0,
    }
    return Decoupled(np.ldexp(layers, exponents.max()), moving, task.mode_powers, chosen, residuals)


def unit_sized(weights: Weights) -> tuple[Weights, NDArray[np.int_]]:
    """Layers times powers of two, so that squares neither overflow nor vanish, and the exponents that were taken out."""
    exponents = np.array([int(np.frexp(np.abs(w).max())[1]) for w in weights])
    return tuple(np.ldexp(w, -e) for w, e in zip(weights, exponents.tolist(), strict=True)), exponents


def frames(layers: Weights, start: Array, norms: Array) -> tuple[list[Array], Array]:
    """Unit vectors that each mode's own are sent to, layer by layer, and by how much they were stretched."""
    chain, stretches = [start], []
    for layer, norm in zip(layers, norms, strict=True):
        image = layer @ chain[-1]
        stretch = np.linalg.norm(image, axis=0)
        lost = stretch <= ZERO * norm
        chain.append(np.where(lost, 0.0, image / np.where(lost, 1.0, stretch)))
        stretches.append(np.where(lost, 0.0, stretch))
    return chain, np.stack(stretches)


def mixing(weights: Weights, chain: list[Array], layers: Array) -> float:
    """Largest relative part of a layer that ties modes together, or overlap of their frames."""
    worst = [0.0]
    for w, a, below, above in zip(weights, layers, chain, chain[1:], strict=False):
        size = max(float(np.linalg.norm(a)), float(np.linalg.norm(w)) * ZERO, np.finfo(float).tiny)
        worst += [
            float(np.linalg.norm(w @ below - above * a)) / size,
            float(np.linalg.norm(w.T @ above - below * a)) / size,
        ]
    return max(worst + [float(np.linalg.norm(r.T @ r - np.eye(r.shape[1]))) for r in chain[1:-1]])


def outside(weights: Weights, layers: Array, task: Task) -> float:
    """Part of the end-to-end map that the modes do not account for, relative; 0 if the map itself is round-off."""
    w, (u, _, v) = end_to_end(weights), task.modes
    whole = float(np.linalg.norm(w))
    if whole <= ZERO * np.abs(layers).max(axis=1).prod():
        return 0.0
    return float(np.linalg.norm(w - (u * layers.prod(axis=0)) @ v.T)) / whole


def imbalance(layers: Array) -> float:
    """Largest difference of squared strengths within a mode, relative to the mode's largest."""
    squares = np.square(layers)
    top = squares.max(axis=0, initial=0.0)
    spread = top - squares.min(axis=0, initial=np.inf) if squares.size else np.zeros(0)
    return float((spread / np.where(top > 0, top, 1.0)).max(initial=0.0))
