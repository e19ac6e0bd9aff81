"""Jacobian spectra of wide random networks, from the words that describe them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.activations import Activation
from deeplinear.arguments import choice, whole_number
from deeplinear.arrays import real_array
from deeplinear.messages import shown
from deeplinear.propagation.free.atoms import Atoms
from deeplinear.propagation.free.jacobian import EXACT, JacobianLaw
from deeplinear.propagation.free.numerics.layers import row
from deeplinear.propagation.free.one_layer import OneLayer
from deeplinear.propagation.layer_variances import scale
from deeplinear.propagation.layer_variances import variances as along_depth
from deeplinear.propagation.mean_field import variance_fixed_point
from deeplinear.propagation.steepness import with_finite_slope
from deeplinear.spectra import checks
from deeplinear.spectra.transformed import SquaredLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Weights = Literal["orthogonal", "gaussian"]


def jacobian_spectrum(
    activation: str | Activation | Callable,
    *,
    gain: float | None = None,
    weight_std: float | None = None,
    bias_std: float = 0.0,
    depth: int | None = None,
    input_variance: float | str | None = None,
    variances: ArrayLike | None = None,
    weights: Weights = "orthogonal",
) -> SquaredLaw:
    r"""The law of the squared singular values of ``J = Π_l W_l diag φ'(h_l)``, l = 1 … depth, of infinite width.

    The network is the paper's, eq. (20), from pre-activations to pre-activations: each weight matrix has a φ' before it.

    Args:
        activation: φ, a name, an `Activation` or a function of one array.
        gain: g = σ_w, for orthogonal and Gaussian weights; pass it or ``weight_std``.
        weight_std: σ_w > 0.
        bias_std: σ_b ``>= 0``.
        depth: number of weight matrices; left out where ``variances`` has as many numbers.
        input_variance: q of the pre-activations that meet the first φ', from which the others follow by eq. (48); or
            ``"fixed point"``, where all are q*.
        variances: instead, q_l for each layer, shape ``(depth,)``.
        weights: ``"orthogonal"`` or ``"gaussian"``.

    Returns:
        A `JacobianLaw`, or where orthogonal weights leave less: `OneLayer` at depth 1, `Atoms` for piecewise linear φ at depth 1
        and for linear layers. With ``singular_values()`` and ``logarithm()``, like the laws of `deeplinear.spectra`.

    Raises:
        ValueError: parameters out of their domain; when the law is first used, an atom between other values.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (22), (48), whose spectra are simulated there; Pennington,
        Schoenholz & Ganguli 2017, arXiv:1711.04735, at the fixed point. Off the fixed point: derived here.

    Example:
        >>> law = jacobian_spectrum("tanh", gain=1.05, depth=100, input_variance=1.0)
        >>> law.singular_values().ppf([0.1, 0.5, 1.0]).round(3)
        array([0.01 , 0.135, 0.98 ])
    """
    phi, std, q = described(
        "jacobian_spectrum", activation, gain, weight_std, bias_std, depth, input_variance, variances, weights
    )
    if weights == "gaussian":
        return JacobianLaw(phi, tuple(q.tolist()), std, weights)
    rows = [row(phi, float(each), 0) for each in np.unique(q)]
    if all(len(values) == 1 and math.isclose(share.sum(), 1) for values, share in rows):
        logs = sum(math.log(row(phi, each, 0)[0][0]) for each in q.tolist())
        return Atoms((2 * len(q) * math.log(std) + logs,), (1.0,))
    if len(q) > 1:
        return JacobianLaw(phi, tuple(q.tolist()), std, weights)
    if not phi.plateaus:
        return OneLayer(phi, float(q[0]), std)
    ((values, shares),) = rows
    log_values, probabilities = 2 * math.log(std) + np.log(values), shares.tolist()
    if (zero := 1 - sum(probabilities)) > 1e-12:
        return Atoms((-math.inf, *log_values.tolist()), (zero, *probabilities))
    return Atoms(tuple(log_values.tolist()), tuple(probabilities))


def jacobian_moments(
    activation: str | Activation | Callable,
    *,
    order: int = 4,
    gain: float | None = None,
    weight_std: float | None = None,
    bias_std: float = 0.0,
    depth: int | None = None,
    input_variance: float | str | None = None,
    variances: ArrayLike | None = None,
    weights: Weights = "orthogonal",
) -> Array:
    r"""Moments ``m_1, …, m_order`` of the squared singular values of J, from the power series of its S-transform.

    ``m_1 = Π_l σ_w² E[φ'²]``, ``m_2 = m_1² (1 + Σ_l (E[φ'⁴]/E[φ'²]² − 1 − s_1))`` with s_1 = 0 for orthogonal and −1 for Gaussian
    weights.

    Args:
        order: how many, from 1 to 12; above rounding would be felt.
        activation: this and all others as in `jacobian_spectrum`.
        gain: g = σ_w.
        weight_std: σ_w.
        bias_std: σ_b.
        depth: number of weight matrices.
        input_variance: q of the pre-activations that meet the first φ', or ``"fixed point"``.
        variances: instead, q_l for each layer.
        weights: ``"orthogonal"`` or ``"gaussian"``.

    Returns:
        Shape ``(order,)``.

    Raises:
        ValueError: parameters out of their domain.

    Source:
        Pennington, Schoenholz & Ganguli 2017, arXiv:1711.04735; q changing along the depth: derived here.

    Example:
        >>> jacobian_moments("linear", gain=1.0, depth=3, input_variance=1.0, weights="gaussian").round(9)
        array([  1.,   4.,  22., 140.])
    """
    phi, std, q = described(
        "jacobian_moments", activation, gain, weight_std, bias_std, depth, input_variance, variances, weights
    )
    order = checks.count("jacobian_moments", "order", order, "it counts moments. Pass for example order=4.")
    if order > EXACT:
        raise ValueError(
            f"jacobian_moments needs order <= {EXACT}, got order={order}: rounding grows with it. Use the law's moment."
        )
    law = JacobianLaw(phi, tuple(q.tolist()), std, weights)
    return np.exp([law.log_moment(k) for k in range(1, order + 1)])


def described(
    caller: str,
    activation: str | Activation | Callable,
    gain: float | None,
    weight_std: float | None,
    bias_std: float,
    depth: int | None,
    input_variance: float | str | None,
    variances: ArrayLike | None,
    weights: str,
) -> tuple[Activation, float, Array]:
    """φ, σ_w and the variance at each layer, checked."""
    phi, std = with_finite_slope(caller, activation), scale(caller, weight_std, gain)
    if std == 0:
        raise ValueError(f"{caller} needs a weight_std > 0, got weight_std=0.0: J is 0. Pass for example gain=1.0.")
    choice(caller, "weights", weights, ("orthogonal", "gaussian"))
    if (variances is None) == (input_variance is None):
        raise ValueError(
            f"{caller} needs one of input_variance and variances, got input_variance={shown(input_variance)}, "
            f"variances={shown(variances)}: φ' depends on them. Pass input_variance=1.0, or 'fixed point'."
        )
    if variances is not None:
        q = real_array(
            caller, "variances", variances, ">= 0", "they are mean squares. Pass an array of shape (depth,)."
        )
        if q.ndim != 1 or not q.size or (depth is not None and whole_number(caller, "depth", depth) != q.size):
            raise ValueError(
                f"{caller} needs finite variances >= 0, one for each layer, got shape {q.shape} and depth={shown(depth)}: they "
                f"are mean squares. Pass an array of shape (depth,)."
            )
        return phi, std, q
    depth = checks.count(caller, "depth", depth, "it counts weight matrices. Pass for example 10.")  # type: ignore[arg-type]  # it refuses None
    if isinstance(input_variance, str) and input_variance == "fixed point":
        q_star = float(variance_fixed_point(phi, weight_std=std, bias_std=bias_std))
        return phi, std, np.full(depth, q_star)
    if isinstance(input_variance, str):
        raise ValueError(
            f"{caller} needs input_variance to be a number or 'fixed point', got input_variance={shown(input_variance)}: it is a mean square. "
            f"Pass for example 1.0."
        )
    assert input_variance is not None
    q = along_depth(phi, weight_std=std, bias_std=bias_std, depth=depth - 1, input_variance=input_variance)
    if not np.isfinite(q).all():
        raise ValueError(
            f"{caller} needs variances that stay finite, got weight_std={std!r}: they overflow at layer "
            f"{int(np.argmin(np.isfinite(q)))}. Lower the gain."
        )
    return phi, std, q
