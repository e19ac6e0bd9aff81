"""What the layers of a network contribute to a free product: the laws of φ'(h)², as nodes and weights."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from deeplinear.activations import Activation
from deeplinear.propagation.expectation import REACH, rule
from deeplinear.propagation.free.numerics.contour import bent, turn
from deeplinear.propagation.free.numerics.log_slope import log_square

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Numbers = Any  # real or complex, one or an array of them
STRAIGHT = 2  # up to this level paths of quadrature are straight
NEGLIGIBLE = 1e-30  # weight of a node that no result notices


def log_eta(m: Numbers, above: Numbers) -> Numbers:
    """``ln M/(1 + M)`` with ``above = 1 + M``, also where M is so large that it cancels; its slope is ``1/(M above)``."""
    return -2 * np.arctanh(1 / (m + above)) if abs(m) > 2 else np.log(m) - np.log(above)


class Layers(NamedTuple):
    """Different layers one after the other, each with as many nodes as it needs.

    Attributes:
        values: d² > 0 at the nodes of all layers, shape ``(N,)``.
        weights: their probabilities, shape ``(N,)``; what those of a layer lack to 1 sits on d² = 0.
        sizes: how many nodes each of the K different layers has, shape ``(K,)``.
        counts: how many layers are like this one, shape ``(K,)``.
    """

    values: Numbers
    weights: Numbers
    sizes: NDArray[np.int_]
    counts: Array

    def sums(self, terms: Numbers) -> Numbers:
        """Sums over the nodes of each layer, ``(..., N)`` to ``(..., K)``."""
        if not self.sizes.size:
            return np.zeros((*terms.shape[:-1], 0))
        return np.add.reduceat(terms, np.cumsum(self.sizes) - self.sizes, axis=-1)

    @property
    def shares(self) -> Array:
        """Probability of d² > 0, shape ``(K,)``."""
        return self.sums(self.weights)

    def moment(self, order: float) -> Array:
        """``E[d^{2 order}; d² > 0]``, shape ``(K,)``."""
        return self.sums(self.weights * self.values**order)

    def transforms(self, w: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """``ψ = E[d²/(w − d²)]``, ``E[w/(w − d²); d² > 0]`` and ``dψ/dw`` at w of shape ``(..., K)``."""
        inverse = 1 / (np.repeat(w, self.sizes, axis=-1) - self.values)
        part = self.weights * inverse
        whole = w * self.sums(part)
        part *= self.values
        psi = self.sums(part)
        part *= inverse
        return psi, whole, -self.sums(part)

    def log_transform(self, w: Numbers) -> Numbers:
        """``E[ln(1 − d²/w)]``, the primitive of ψ in ln w, at w of shape ``(..., K)``."""
        return self.sums(self.weights * np.log1p(-self.values / np.repeat(w, self.sizes, axis=-1)))


def layers(activation: Activation, variances: Array, counts: Array, levels: Array) -> Layers:
    """Layers whose pre-activations have the given variances, each by the quadrature of its level; all of shape ``(K,)``."""
    rows = [row(activation, float(q), int(level)) for q, level in zip(variances, levels, strict=True)]
    values, weights = (np.concatenate(each) for each in zip(*rows, strict=True))
    return Layers(values, weights, np.array([len(each) for each, _ in rows]), np.asarray(counts, dtype=float))


NONE = Layers(np.zeros(0), np.zeros(0), np.zeros(0, dtype=int), np.zeros(0))


@lru_cache(maxsize=2048)
def row(activation: Activation, variance: float, level: int) -> tuple[Numbers, Numbers]:
    """Values and weights of d² at one variance; piecewise linear functions take few values."""
    level = 0 if activation.plateaus else level
    if level > STRAIGHT and (path := turn(activation, variance)):
        value, weight = bent(activation, variance, level - 1, *path)
        return folded(value, weight)
    h, weight = rule(variance, (*activation.kinks, *zeros(activation, variance)), level)
    value = np.square(np.broadcast_to(activation.derivative(h), h.shape).astype(float))
    if activation.plateaus:
        different = np.unique(np.square(activation.plateaus))
        weight = np.array([weight[value == each].sum() for each in different])
        value = different
    return folded(value, weight)


def folded(value: Numbers, weight: Numbers) -> tuple[Numbers, Numbers]:
    """Nodes that count; of an odd function both sides are one."""
    if len(value) > 2 and np.allclose(value, value[::-1], rtol=1e-14 if np.isrealobj(value) else 1e-11, atol=0):
        half = len(value) // 2
        middle = np.arange(len(value) - half) + half == (len(value) - 1) / 2
        value, weight = value[half:], weight[half:] * np.where(middle, 1.0, 2.0)
    kept = (np.abs(value) > 0) & (np.abs(weight) > NEGLIGIBLE)
    return value[kept], weight[kept]


@lru_cache(maxsize=512)
def zeros(activation: Activation, variance: float) -> tuple[float, ...]:
    """Where φ' changes sign away from kinks: small d² come from there, and nodes must crowd."""
    if activation.plateaus or variance == 0:
        return ()
    h = np.linspace(-REACH, REACH, 2002) * math.sqrt(variance)
    slope = np.broadcast_to(activation.derivative(h), h.shape)
    found = np.flatnonzero(slope[1:] * slope[:-1] < 0)

    def at(t: float) -> float:
        return float(activation.derivative(np.array(t)))

    roots: list[Any] = [brentq(at, h[k], h[k + 1], xtol=1e-15) for k in found]
    return tuple(float(root) for root in roots if all(abs(root - kink) > 1e-9 for kink in activation.kinks))


@lru_cache(maxsize=2048)
def flat(activation: Activation, variance: float) -> tuple[float, float]:
    """How likely φ'² takes its largest value, and that value: 0 unless φ' is constant on a whole interval there."""
    value, weight = row(activation, variance, 0)
    largest = float(value.max())
    where = value == largest
    certain = activation.plateaus or len(value) == 1 or (activation.kinks and where.sum() > 3)
    return (float(weight[where].sum()) if certain else 0.0), largest


@lru_cache(maxsize=2048)
def alive(activation: Activation, variance: float) -> float:
    """Probability of φ' ≠ 0, also where φ'² is below the smallest float64."""
    _, weight = row(activation, variance, 1)
    share = float(np.sum(weight.real))
    if activation.plateaus or variance == 0 or share > 1 - 1e-12:
        return share
    h, weight = rule(variance, activation.kinks, 1)
    return float(weight @ (log_square(activation, h) > -np.inf))
