r"""Curvature without the residual: the Gauss-Newton matrix, whose eigenvalues other than 0 are those of the tangent kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import whole_number
from deeplinear.curvature.directions import MOST, check_room, checked_powers
from deeplinear.exact import checks
from deeplinear.memory import require_memory

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def gauss_newton_eigenvalues(
    strengths: ArrayLike, *, depth: int, n_in: int, n_out: int, powers: ArrayLike = 1.0
) -> Array:
    r"""Eigenvalues of the Gauss-Newton matrix, which are those of the neural tangent kernel, at an aligned balanced network.

    ``κ_ij = d_j Σ_l |u_i|^(2(L−l)/L) |u_j|^(2(l−1)/L)`` for output direction i and input direction j, with ``u = 0``
    beyond the modes and ``0^0 = 1``; ``L u^(2−2/L)`` on a mode and ``u_i + u_j`` for two layers.

    Args:
        strengths: strength of each mode, shape ``(..., k)``, ``k <= min(n_in, n_out)``.
        depth: number of weight matrices L.
        n_in: inputs.
        n_out: outputs.
        powers: input power, a number or shape ``(n_in,)``, as in `spectrum`.

    Returns:
        Shape ``(..., n_out, n_in)``. The remaining eigenvalues of the Gauss-Newton matrix are 0.

    Raises:
        ValueError: an argument out of its domain, or more modes than fit.

    Source:
        Derived here from the kernel ``Σ_l (W_{L:l+1} W_{L:l+1}ᵀ) ⊗ (Xᵀ W_{l−1:1}ᵀ W_{l−1:1} X)`` of Jacot, Gabriel & Hongler
        2018, arXiv:1806.07572.

    Example:
        >>> gauss_newton_eigenvalues([3.0, 1.0], depth=2, n_in=3, n_out=2)
        array([[6., 4., 3.],
               [4., 2., 1.]])
    """
    name = "gauss_newton_eigenvalues"
    layers = checks.depths(name, depth)
    if layers == np.inf:
        raise ValueError(
            f"{name} needs a finite depth, got depth=inf: they grow with depth. Divide by it and pass 1000."
        )
    n_in = whole_number(name, "n_in", n_in, 1, MOST, "it counts inputs. Pass for example 3.")
    n_out = whole_number(name, "n_out", n_out, 1, MOST, "it counts outputs. Pass for example 2.")
    u = np.abs(np.atleast_1d(checks.finite(name, "strengths", strengths)))
    check_room(name, u.shape[-1], (n_in, n_out))
    d = checked_powers(name, powers, n_in)
    u = np.concatenate([u, np.zeros((*u.shape[:-1], max(n_in, n_out) - u.shape[-1]))], axis=-1)
    needed = 8.0 * layers * (n_in + n_out) * max(1, u.size // u.shape[-1])
    require_memory(name, needed, f"powers of {layers:.6g} layers", "Pass a smaller depth.")
    below = np.arange(int(layers))
    after, before = u[..., :n_out, None] ** (2 * below[::-1] / layers), u[..., :n_in, None] ** (2 * below / layers)
    return after @ np.swapaxes(before, -1, -2) * d


def largest(strengths: Array, powers: Array, depth: int) -> Array:
    """The largest of `gauss_newton_eigenvalues`, which has the strongest mode for i, without the rest.

    Args:
        strengths: shape ``(T, k)``.
        powers: input powers, shape ``(n_in,)``, ``n_in >= k``.
        depth: number of weight matrices L.

    Returns:
        Shape ``(T,)``.
    """
    u = np.abs(np.pad(strengths, [(0, 0), (0, len(powers) - strengths.shape[1])]))
    top = u.max(axis=1, keepdims=True)
    kappa = np.zeros_like(u)
    for below in range(depth):
        kappa += top ** (2 * (depth - 1 - below) / depth) * u ** (2 * below / depth)
    return np.max(powers * kappa, axis=1)
