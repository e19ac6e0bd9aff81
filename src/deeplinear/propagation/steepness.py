"""Mean-field theory needs ``E[φ'²]``: activations that jump, or whose slope is infinite somewhere, have none."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.activations import ACTIVATIONS, Activation, as_activation

if TYPE_CHECKING:
    from deeplinear.arrays import Array

DECADES = 3  # over which the growth of a difference with its distance is measured
CLEAR = 1e4  # times rounding: differences below it say nothing
LINEAR = 1 - 1e-3  # exponent of a difference below which its slope has no limit; x ln|x| has 0.9985 at 1e-290
SPAN, CELLS = 10.0, 20_001  # where jumps that were not named are looked for


def with_finite_slope(caller: str, activation: str | Activation | Callable) -> Activation:
    """The `Activation` meant, unless it jumps or its slope is infinite somewhere.

    Raises:
        ValueError: a jump (a step, the sign) or an infinite slope (``√|x|``), at a kink, at 0 or anywhere else between -10 and
            10; finite differences of a function that is too sharp for them.

    Example:
        >>> with_finite_slope("chi", "tanh").name
        'tanh'
    """
    phi = as_activation(activation)
    if ACTIVATIONS.get(phi.name) is phi:
        return phi
    fault = fault_of(phi)
    if fault:
        raise ValueError(f"{caller} needs an activation with a finite slope everywhere, got {phi.name}, {fault}")
    return phi


@lru_cache(maxsize=64)
def fault_of(phi: Activation) -> str:
    """What is wrong with an activation, and what to do about it; empty if nothing is."""
    for place in (*phi.kinks, 0.0, steepest(phi)):
        if abs(exponent(phi, place, -1.0, 1.0)) < 0.1:
            return (
                f"which jumps at {place:.6g}: E[φ'²], by which gradients grow, is infinite. Pass a smooth function such as "
                f"lambda x: jnp.tanh(10 * x) for a step."
            )
        if min(exponent(phi, place, *sides) for sides in ((-2.0, -1.0), (1.0, 2.0), (-1.0, 1.0))) < LINEAR:
            return (
                f"whose slope is infinite at {place:.6g}: E[φ'²], by which gradients grow, is infinite or out of reach of "
                f"quadrature. Pass a function that is smooth there."
            )
    if phi.derivatives == "finite differences" and too_sharp(phi):
        return (
            "whose slope at 0 changes too fast for finite differences, which need lengths of about 1: it would be wrong. "
            "Write it with jax.numpy, so that derivatives are exact."
        )
    return ""


def exponent(phi: Activation, place: float, first: float, second: float) -> float:
    """How ``|φ(place + second ε) − φ(place + first ε)|`` falls with ε where float64 still tells it: the p of ``ε^p``.

    1 where the slope is finite, 0 at a jump, 1/2 for ``√|x|``; infinite where there is no difference.
    """
    least = -290.0 if place == 0 else np.log10(abs(place)) - 11
    epsilon = 10.0 ** np.arange(least, -1.0 if place == 0 else least + 9)
    below, above = phi(place + first * epsilon), phi(place + second * epsilon)
    size = np.abs(above - below)
    clear = np.flatnonzero(size > CLEAR * np.spacing(np.maximum(np.abs(above), np.abs(below))))
    if not clear.size or clear[0] + DECADES >= size.size:
        return np.inf
    return float(np.log10(size[clear[0] + DECADES] / size[clear[0]]) / DECADES)


def steepest(phi: Activation) -> float:
    """A place where φ changes most: the jump or the steepest cusp, if there is one between -10 and 10."""
    low, high, count = -SPAN, SPAN, CELLS
    while high - low > 1e-14:
        edges = np.linspace(low, high, count + 1)
        cell = int(np.argmax(np.abs(np.diff(phi(edges)))))
        low, high, count = edges[max(cell - 1, 0)], edges[min(cell + 2, count)], 24
    return float(low + high) / 2


def too_sharp(phi: Activation) -> bool:
    """Whether a slope next to 0 by stencils is not what neighbouring values say."""
    side: Array = np.array([-3e-6, -1e-6, 1e-6, 3e-6])
    values = phi(side)
    plain = np.array([values[1] - values[0], values[3] - values[2]]) / 2e-6
    slopes = phi.derivative(np.array([-2e-6, 2e-6]))
    rounding = CLEAR * np.spacing(np.abs(values).max()) / 2e-6
    return bool((np.abs(plain - slopes) > 1e-3 * np.abs(slopes).max() + rounding).any())
