r"""The derivative of gradient flow's velocity with respect to all weights: minus the Hessian of the loss.

With ``A_l = W_{L:l+1}``, ``B_l = W_{l-1:1}`` and the error ``E = (W* − W) D`` the velocity of layer l is ``A_lᵀ E B_lᵀ``. A change X
of layer m changes E by ``−A_m X B_m D``, and for m > l it changes A_l as well, by ``A_m X C`` with ``C = W_{m-1:l+1}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.simulate.linear.problem import Problem
    from deeplinear.weights import Weights


def flow_jacobian(weights: Weights, problem: Problem) -> Array:
    """Derivative of all velocities, symmetric, shape ``(D, D)`` for D weights in the order of layers, rows and columns."""
    depth = len(weights)
    below = [np.eye(weights[0].shape[1])]
    above = [np.eye(len(weights[-1]))]
    for up, down in zip(weights, weights[::-1], strict=True):
        below.append(up @ below[-1])
        above.append(above[-1] @ down)
    above = above[-2::-1]  # of each layer, as below
    error = (problem.optimum - below.pop()) * problem.powers
    ends = np.cumsum([0, *(w.size for w in weights)])
    found = np.empty((ends[-1], ends[-1]))
    for i in range(depth):
        between = np.eye(len(weights[i]))
        for j in range(i, depth):
            block = -np.einsum("pa,qb->pqab", above[i].T @ above[j], (below[i] * problem.powers) @ below[j].T)
            if j > i:
                block += np.einsum("bp,aq->pqab", between, above[j].T @ error @ below[i].T)
                between = weights[j] @ between
            flat = block.reshape(weights[i].size, weights[j].size)
            found[ends[i] : ends[i + 1], ends[j] : ends[j + 1]] = flat
            found[ends[j] : ends[j + 1], ends[i] : ends[i + 1]] = flat.T
    return found
