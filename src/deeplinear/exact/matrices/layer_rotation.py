r"""Individual layers of a λ-balanced network: the closed form, and the one rotation that it leaves open.

``Q Qᵀ`` fixes ``Q = (W_1ᵀ; W_2)`` up to a rotation of the hidden units. Gradient flow keeps ``Qᵀ dQ/dt`` symmetric, which
makes that rotation a parallel transport: it depends on the whole path and has no closed form in general. It is integrated,
in stretches short enough that an error cannot grow, and after each stretch all but the rotation is taken from the closed
form again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact.evaluations import bounded_velocity
from deeplinear.exact.matrices.riccati import Riccati

if TYPE_CHECKING:
    from deeplinear.arrays import Array

RTOL = 1e-13  # of the integrator
STRETCH = 8.0  # longest stretch in units of the fastest rate: errors grow at most by its exponential
STILL = 1e-15  # relative velocity below which nothing turns any more


def frames(path: Riccati, t: Array) -> tuple[Array, Array]:
    """Factors Y of ``Q = Y Oᵀ`` in the order of ``path.rates``, and the hidden frames O that make Q the true one.

    Args:
        path: the solution.
        t: times in units of tau, shape ``(T,)``, in any order.

    Returns:
        Shapes ``(T, n_in + n_out, r)`` and ``(T, n_hidden, r)``, the columns of O orthonormal.

    Raises:
        RuntimeError: the integrator did not converge.
    """
    from scipy.integrate import solve_ivp  # 0.4 s to load

    rates, (columns, _, basis) = path.rates[:, None], path.echelon
    moments, back = np.unique(t, return_inverse=True)
    factors = path.factors(moments)
    shape, r = columns.shape, columns.shape[1]

    def velocity(_: float, state: Array) -> Array:
        q = state.reshape(shape)
        return (rates * q - 0.5 * q @ (q.T @ q)).ravel()

    counted = bounded_velocity("weights", velocity, columns.size)
    q, now, turned = columns, 0.0, np.empty((len(moments), r, r))
    rotation = np.eye(r)
    fastest = float(np.abs(rates).max(initial=0.0)) + 0.5 * float(np.linalg.norm(columns)) ** 2
    for i, moment in enumerate(moments.tolist()):
        still = r == 0
        while now < moment and not still:
            step = min(moment - now, STRETCH / fastest)
            run = solve_ivp(counted, (0.0, step), q.ravel(), "DOP853", [step], rtol=RTOL, atol=1e-16 * np.abs(q).max())
            if not run.success:
                raise RuntimeError(
                    f"weights need their integration to converge, got {run.message!r} at t={now!r}. Ask for earlier times."
                )
            now += step
            y = path.factors(np.array([now]))[0]
            rotation = nearest(y.T @ run.y[:, 0].reshape(shape))
            q = y @ rotation
            still = float(np.linalg.norm(velocity(0.0, q))) <= STILL * float(np.abs(rates).max()) * np.linalg.norm(q)
        # the factor of this moment may differ from the last one's by rounding only, but in its own gauge
        turned[i] = nearest(factors[i].T @ q) if r else rotation
        now = max(now, moment)
    return factors[back], (basis @ np.swapaxes(turned, 1, 2))[back]


def nearest(matrix: Array) -> Array:
    """The orthogonal matrix nearest to one, its polar factor."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right
