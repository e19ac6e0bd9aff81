"""The phase diagram of wide random networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.activations import Activation
from deeplinear.arrays import real_array
from deeplinear.propagation.mean_field import MeanField
from deeplinear.propagation.steepness import with_finite_slope

if TYPE_CHECKING:
    from deeplinear.arrays import Array


class PhaseDiagram(NamedTuple):
    """Mean fields on a grid; every array has shape ``(len(weight_std), len(bias_std))`` but the two axes.

    Attributes:
        weight_std: σ_w, shape ``(n,)``.
        bias_std: σ_b, shape ``(m,)``.
        q: fixed point reached from variance 1; infinite where it escapes.
        chi: χ₁ there; NaN where q is infinite and φ is no straight line on either side of 0.
        variance: ξ_q.
        correlation: ξ_c.
        gradient: ξ_∇.
    """

    weight_std: Array
    bias_std: Array
    q: Array
    chi: Array
    variance: Array
    correlation: Array
    gradient: Array


def phase_diagram(activation: str | Activation | Callable, weight_std: ArrayLike, bias_std: ArrayLike) -> PhaseDiagram:
    """q*, χ₁ and the depth scales for every pair of σ_w and σ_b.

    Args:
        activation: φ.
        weight_std: σ_w, shape ``(n,)``.
        bias_std: σ_b, shape ``(m,)``.

    Returns:
        A `PhaseDiagram`, in which q is infinite, and the rest NaN, where variances grow without bound.

    Raises:
        ValueError: standard deviations that are negative or not finite; φ jumps or has an infinite slope.

    Source:
        Schoenholz et al. 2017, arXiv:1611.01232, Fig. 1.

    Example:
        >>> phase_diagram("tanh", [0.5, 1.5], [0.0, 0.5]).chi.round(3)
        array([[0.25 , 0.172],
               [1.139, 0.967]])
    """
    phi = with_finite_slope("phase_diagram", activation)
    advice = "it is a standard deviation. Pass for example [0.5, 1.5]."
    rows, columns = (
        np.atleast_1d(real_array("phase_diagram", name, value, ">= 0", advice, ndim=(0, 1)))
        for name, value in (("weight_std", weight_std), ("bias_std", bias_std))
    )
    found = np.array([[described(MeanField(phi, w, b)) for b in columns] for w in rows])
    return PhaseDiagram(rows, columns, *np.moveaxis(found.reshape(rows.size, columns.size, 5), -1, 0))


def described(net: MeanField) -> tuple[float, ...]:
    """q*, χ₁, ξ_q, ξ_c, ξ_∇ of one network."""
    q = net.variance_fixed_point()
    if np.isinf(q) and net.line is None:
        return q, *4 * (np.nan,)
    return q, net.chi, *net.depth_scales()
