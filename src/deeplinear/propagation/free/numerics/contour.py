"""Quadrature for φ'² off the real line: where w comes close to the values that φ'² takes there, nodes step aside.

``1/(w − φ'(h)²)`` has poles next to the real line when w, in the lower half plane, is nearly real: above it where φ'² falls, below
where it rises. The path ``h + i t S(h)``, S of the sign of the slope, passes on the other side of them, and the mean over it is
the same. φ' is continued to the path by interpolating ``ln φ'`` between real neighbours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.activations import Activation
from deeplinear.propagation.expectation import rule

if TYPE_CHECKING:
    from deeplinear.arrays import Array

ASIDE, REACHED, POINTS = 0.12, 0.3, 16  # the path's distance; half width and number of the neighbours, in units of h
NEIGHBOURS = np.cos(np.pi * (np.arange(POINTS) + 0.5) / POINTS)
BARYCENTRIC = (-1.0) ** np.arange(POINTS) * np.sin(np.pi * (np.arange(POINTS) + 0.5) / POINTS)


def turn(activation: Activation, variance: float) -> tuple[float, float] | None:
    """``(sign, h)``: φ'² falls away from h (−1), rises from it (1), or does one of both throughout (h infinite).

    None where it does more than that, jumps, or is zero: such paths are not bent.
    """
    if activation.kinks or activation.plateaus or variance == 0:
        return None
    h = np.linspace(-9.0, 9.0, 1001) * math.sqrt(variance)
    first, second = (np.broadcast_to(f(h), h.shape) for f in (activation.derivative, activation.second))
    if not (first > 0).all() or not second.any():
        return None
    signs = np.sign(second[np.abs(second) > 1e-14 * np.abs(second).max()])
    changes = np.flatnonzero(np.diff(signs))
    if len(changes) == 0:
        return float(signs[0]), math.inf
    if len(changes) > 1 and not (len(changes) == 2 and 0 in signs):
        return None
    places = h[np.abs(second) > 1e-14 * np.abs(second).max()]
    middle = (places[changes[0]] + places[changes[0] + 1]) / 2
    return float(signs[-1]), 0.0 if abs(middle) < 0.03 * math.sqrt(variance) else float(middle)


def bent(activation: Activation, variance: float, level: int, sign: float, centre: float) -> tuple[Any, Any]:
    """Complex values of φ'² and complex weights along the path."""
    h, weight = rule(variance, (), level)
    aside = min(ASIDE, math.sqrt(variance) / 2)
    slope = np.zeros_like(h) if math.isinf(centre) else 1 / np.cosh(np.clip(h - centre, -300, 300)) ** 2
    step = sign * aside * (np.ones_like(h) if math.isinf(centre) else np.tanh(h - centre))
    density = np.exp(-1j * h * step / variance + step**2 / (2 * variance))
    return continued(activation, h, step) ** 2, weight * density * (1 + 1j * sign * aside * slope)


def continued(activation: Activation, h: Array, step: Array) -> Any:
    """``φ'(h + i step)``, from real neighbours of h."""
    around = np.log(activation.derivative(h[:, None] + REACHED * NEIGHBOURS))
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = BARYCENTRIC / (1j * step[:, None] / REACHED - NEIGHBOURS)
    return np.exp(np.sum(weights * around, 1) / np.sum(weights, 1))
