r"""Task-aligned inputs, ``Σ¹¹ = V D Vᵀ``: every law for white inputs applies after a change of scale.

A mode with input power d obeys ``tau da_l/dt = (s − d u) Π_{j≠l} a_j``. With ``ã_l = d^(1/L) a_l``, hence ``ũ = d u``,
and ``tau~ = tau d^(1 − 2/L)`` this is the white problem with the same s, so the strength ends at ``s/d``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def to_white(layers: ArrayLike, *, power: ArrayLike, tau: ArrayLike = 1.0) -> tuple[Array, Array]:
    """Layer strengths and time constant of the equivalent white problem.

    Args:
        layers: layer strengths ``a_l``, shape ``(L, ...)``.
        power: input power d along each mode, ``d > 0``, shape ``(...,)``. A mode without power has ``s = 0`` and stays.
        tau: time constant.

    Returns:
        ``d^(1/L) a_l``, shape ``(L, ...)``, and ``tau d^(1 − 2/L)``, shape ``(...,)``. Strengths of the white problem
        are d times the true ones.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (46), which stops at the equation of motion; the map is
        derived here, for any depth.

    Example:
        >>> to_white([[0.1], [0.2]], power=4.0)
        (array([[0.2],
               [0.4]]), array(1.))
    """
    layers, power = checks.finite("to_white", "layers", layers), checks.finite("to_white", "power", power)
    tau = checks.time_constant("to_white", tau)
    advice = "a mode without input power does not move. Leave it out."
    checks.refuse("to_white", "power > 0", "power", power, ~(power > 0), advice)
    if layers.ndim == 0 or len(layers) == 0:
        found = "one number" if layers.ndim == 0 else "none"
        raise ValueError(
            f"to_white needs layers of shape (L, ...), got {found}: depth is how many there are. Pass a list."
        )
    checks.fit("to_white", layers=layers, power=power, tau=tau)
    depth = len(layers)
    return layers * power ** (1 / depth), np.asarray(tau * power ** (1 - 2 / depth))
