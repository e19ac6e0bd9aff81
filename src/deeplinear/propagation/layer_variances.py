"""The mean square of pre-activations along the depth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.activations import Activation, as_activation
from deeplinear.arguments import real_number, whole_number
from deeplinear.messages import shown
from deeplinear.propagation.expectation import gaussian_mean

if TYPE_CHECKING:
    from deeplinear.arrays import Array


DEEPEST = 10**9  # layers


def variance_map(phi: Activation, q: float, weight_std: float, bias_std: float = 0.0) -> float:
    """``σ_w² E[φ(√q z)²] + σ_b²``; infinite where that overflows."""
    if not np.isfinite(q):
        return np.inf
    with np.errstate(over="ignore"):
        square = homogeneous(phi, q) if phi.plateaus and phi.kinks in ((), (0.0,)) else None
        if square is None:
            square = gaussian_mean(lambda h: np.square(phi(h)), q, phi.kinks)
        return float(weight_std**2 * square + bias_std**2)


def homogeneous(phi: Activation, q: float) -> float | None:
    """``E[φ²]`` of ``φ(h) = a h`` for h < 0, ``b h`` above: a straight line in q, exactly; None for other φ."""
    below, above = phi.derivative(np.array([-1.0, 1.0]))
    if not np.array_equal(phi(np.array([-1.0, 0.0, 1.0])), [-below, 0.0, above]):
        return None  # a constant beside it, or a jump at 0 as of a step
    return float(below**2 + above**2) / 2 * q


def variances(
    activation: str | Activation | Callable,
    *,
    weight_std: float | None = None,
    gain: float | None = None,
    bias_std: float = 0.0,
    depth: int,
    input_variance: float,
) -> Array:
    """``q^0, …, q^depth``: mean squares of pre-activations of a wide random network, ``q' = σ_w² E[φ(√q z)²] + σ_b²``.

    Gaussian weights of variance ``σ_w² / N`` and orthogonal weights times σ_w have the same map at large width.

    Args:
        activation: φ, a name, an `Activation` or a function of one array.
        weight_std: σ_w, ``>= 0``.
        gain: g, another word for ``weight_std`` where there are no biases; pass one of the two.
        bias_std: σ_b, ``>= 0``.
        depth: how many times the map is applied, one for each weight matrix.
        input_variance: q^0, mean square of the pre-activations that meet the first φ, ``>= 0``.

    Returns:
        Shape ``(depth + 1,)``, the first ``input_variance``; ``inf`` from where it overflows.

    Raises:
        ValueError: parameters out of their domain.
        RuntimeError: a Gaussian mean that does not settle.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (48); with biases Poole et al. 2016, arXiv:1606.05340, eq. (3).

    Example:
        >>> variances("tanh", gain=1.0, depth=99, input_variance=1.0)[-1].round(6)  # at criticality about 1 / 2l
        np.float64(0.005121)
    """
    weight_std = scale("variances", weight_std, gain)
    bias_std, input_variance = nonnegative("variances", bias_std=bias_std, input_variance=input_variance)
    depth = whole_number("variances", "depth", depth, 0, DEEPEST, "it counts weight matrices. Pass for example 10.")
    phi = as_activation(activation)
    q = np.empty(depth + 1)
    q[0] = input_variance
    for number in range(depth):
        q[number + 1] = variance_map(phi, float(q[number]), weight_std, bias_std)
    return q


def scale(caller: str, weight_std: float | None, gain: float | None) -> float:
    """σ_w from either of its two words."""
    if (weight_std is None) == (gain is None):
        raise ValueError(
            f"{caller} needs one of weight_std and gain, got weight_std={shown(weight_std)}, gain={shown(gain)}: they are two words for "
            f"σ_w. Pass gain for a network without biases."
        )
    value = weight_std if gain is None else gain
    assert value is not None
    return nonnegative(caller, **{"weight_std" if gain is None else "gain": value})[0]


def nonnegative(caller: str, **values: float) -> tuple[float, ...]:
    """The values, none negative or infinite, by name."""
    found = []
    for name, value in values.items():
        kind = "variance" if name in ("input_variance", "q", "start") else "standard deviation"
        found.append(real_number(caller, name, value, ">= 0", f"it is one {kind}. Pass for example {name}=1.0."))
    return tuple(found)
