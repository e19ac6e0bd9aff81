r"""The whole Hessian spectrum of a balanced two-layer network in closed form, white inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.curvature.directions import arranged
from deeplinear.curvature.hessian import ascending

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def two_layer_spectrum(strengths: ArrayLike, *, targets: ArrayLike, n_in: int, hidden: int, n_out: int) -> Array:
    r"""All eigenvalues of the Hessian of ``½ ‖W2 W1 − Σ³¹‖²`` at a balanced network aligned with its task.

    With ``e = u − s``, ``μ = min(n_in, n_out)``, ``h = min(hidden, μ)`` and modes beyond those given at ``u = s = 0``:

    - ``i <= h``: ``2 u_i + e_i`` and ``−e_i``;
    - ``i < j <= h``: ``½ (A + B ± √((A − B)² + 4 u_i u_j))``, ``A = u_i ± e_j``, ``B = u_j ± e_i``, both signs of e;
    - ``i <= h < j <= μ``: ``u_i ± e_j``;
    - ``i <= h``: ``u_i``, ``|n_in − n_out|`` times;
    - hidden units beyond μ, ``j <= μ``: ``±e_j``; and 0, ``|n_in − n_out|`` times for each hidden unit beyond h.

    Args:
        strengths: strength u of each mode now, shape ``(..., k)``, any sign, at most ``hidden`` of them not 0.
        targets: singular values s, shape ``(k,)`` or ``(..., k)``.
        n_in: inputs.
        hidden: hidden units.
        n_out: outputs.

    Returns:
        Eigenvalues, ascending, shape ``(..., hidden (n_in + n_out))``.

    Raises:
        ValueError: an argument out of its domain, or more modes than fit.

    Source:
        Derived here; on one mode Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (37) at ``N_l = 3``.

    Example:
        >>> two_layer_spectrum([1.0], targets=[4.0], n_in=2, hidden=1, n_out=1)
        array([-1.,  1.,  3.])
    """
    modes = arranged("two_layer_spectrum", strengths, targets, (n_in, hidden, n_out), 1.0)
    n_in, hidden, n_out = modes.widths
    outer = min(n_in, n_out)
    inner, spare = min(hidden, outer), abs(n_in - n_out)
    u, e = modes.a[:, :inner] ** 2, modes.e
    i, j = np.triu_indices(inner, 1)
    found = [2 * u + e[:, :inner], -e[:, :inner], np.repeat(u, spare, axis=1)]
    for sign in (1.0, -1.0):
        a, b = u[:, i] + sign * e[:, j], u[:, j] + sign * e[:, i]
        root = np.sqrt((a - b) ** 2 + 4 * u[:, i] * u[:, j])
        found += [(a + b + root) / 2, (a + b - root) / 2]
        found.append((u[:, :, None] + sign * e[:, None, inner:outer]).reshape(len(u), inner * (outer - inner)))
        found.append(np.tile(sign * e[:, :outer], max(hidden - outer, 0)))
    found.append(np.zeros((len(u), (hidden - inner) * spare)))
    return ascending(found, modes)
