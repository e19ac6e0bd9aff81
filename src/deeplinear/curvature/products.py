r"""Hessian-vector products of a deep linear network from Σ¹¹ and Σ³¹, at any weights, contracted from the narrow side.

With ``B_l = W_L ⋯ W_{l+1}``, the error ``E = Σ³¹ − W Σ¹¹`` and ``P_l = E (W_l ⋯ W_1)ᵀ`` the descent direction of layer l is
``B_lᵀ P_{l−1}``. Its change along δ is minus the Hessian times δ:

    H δ_l = −(δB_lᵀ P_{l−1} + B_lᵀ δP_{l−1}),   δB_{l−1} = δB_l W_l + B_l δ_l,   δP_l = δP_{l−1} W_lᵀ + P_{l−1} δ_lᵀ,

from ``δB_L = 0`` and ``δP_0 = −δW Σ¹¹``. Without the terms in P, the residual, it is the Gauss-Newton matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.task import Task
from deeplinear.weights import Weights, oriented

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def flattened(layers: Weights) -> Array:
    """All weights in one vector, layer by layer and row by row."""
    return np.concatenate([layer.ravel() for layer in layers])


def shaped(vector: Array, like: Weights) -> Weights:
    """The inverse of `flattened`, as views into the vector."""
    found, begin = [], 0
    for w in like:
        found.append(vector[begin : begin + w.size].reshape(w.shape))
        begin += w.size
    return tuple(found)


def hessian_product(task: Task, weights: Weights, *, residual: bool = True) -> Callable[[Array], Array]:
    """The map δ → H δ on vectors of all weights, ordered as by `flattened`, of the loss ``½ Σ ‖y − W_L ⋯ W_1 x‖²``.

    Args:
        task: what is learned, any inputs.
        weights: layers ``(W1, …, WL)`` that fit the task.
        residual: False leaves out the part that comes from the residual, which gives the Gauss-Newton matrix.

    Returns:
        A function from and to shape ``(Σ n_l n_{l−1},)``. One call costs about three gradients.

    Source:
        Pearlmutter 1994, Neural Computation 6, 147, for linear networks in sufficient statistics.

    Example:
        >>> product = hessian_product(Task.from_modes([3.0]), (np.array([[1.0]]), np.array([[2.0]])))
        >>> np.array([product(direction) for direction in np.eye(2)])  # [[b², 2ab − s], [2ab − s, a²]]
        array([[4., 1.],
               [1., 1.]])
    """
    mirrored = task.n_out > task.n_in
    layers, spread = oriented(weights, mirrored), task.input_correlation
    above = [np.eye(len(layers[-1]))]
    for w in layers[::-1]:
        above.append(above[-1] @ w)
    above.reverse()
    gap = oriented((task.optimum,), mirrored)[0] - above[0]
    panels = [spread @ gap if mirrored else gap @ spread]
    for w in layers[:-1]:
        panels.append(panels[-1] @ w.T)
    if not residual:
        panels = [np.zeros_like(panel) for panel in panels]

    def product(vector: Array) -> Array:
        change = oriented(shaped(vector, weights), mirrored)
        turned = [np.zeros_like(above[-1])]
        for w, d, b in zip(layers[::-1], change[::-1], above[:0:-1], strict=True):
            turned.append(turned[-1] @ w + b @ d)
        moved = -spread @ turned.pop() if mirrored else -turned.pop() @ spread
        found = []
        for w, d, b, db, panel in zip(layers, change, above[1:], turned[::-1], panels, strict=True):
            found.append(-(db.T @ panel + b.T @ moved))
            moved = moved @ w.T + panel @ d.T
        return flattened(oriented(tuple(found), mirrored))

    return product
