"""The upper edge: the largest real λ at which dλ/dM = 0."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.optimize import brentq

from deeplinear.propagation.free.numerics.curve import Spectral, correction
from deeplinear.propagation.free.numerics.layers import Layers

if TYPE_CHECKING:
    from deeplinear.arrays import Array

# of ln η; λ is infinite at −∞, M at 0, and the edge of a law of variance v is near M = v^−½
PLACES = np.concatenate([np.arange(-36.03, -0.2, 0.25), -np.geomspace(0.2, 1e-4, 24), np.arange(0.22, 36.0, 0.25)])
LEVELS, AGREE, MANY = 9, 1e-13, 60_000  # MANY: nodes of one layer, above which cells are quicker


class Edge(NamedTuple):
    """The upper edge of the density: η, w of each layer and ln λ there, and the levels at which quadratures agree."""

    eta: float
    w: Array
    log_x: float
    levels: Array


def real_point(law: Spectral, rows: Layers, s: float, w: Array) -> tuple[float, float, Array]:
    """``d ln λ / d ln η``, ``ln |λ|`` and w at real ``η = e^s``, w from a guess close by."""
    m, above = 1 / np.expm1(-s), -1 / np.expm1(s)
    slope = np.ones_like(w)
    for _ in range(60):
        step, slope = correction(rows, w, m, above - (1 - law.mass), law.mass)
        w = w + step.real
        if not np.isfinite(w).all() or np.max(np.abs(step / w), initial=0.0) < 1e-15:
            break
        if np.max(np.abs(step / w), initial=0.0) < 1e-9:
            slope = correction(rows, w, m, above - (1 - law.mass), law.mass)[1]
            break
    else:
        return np.nan, np.nan, w  # not converged: no edge is found there
    value, derivative = law._prefix(complex(m), complex(above))
    growth = m * above * (derivative.real + np.sum(rows.counts / (w * slope.real)))
    return float(growth), float(value.real + np.sum(rows.counts * np.log(np.abs(w)))), w


def upper_edge(law: Spectral) -> Edge:
    """Where the law ends, or its density, if an atom lies above it.

    Raises:
        ArithmeticError: no such place on which quadratures agree.
    """
    levels = law._levels()
    while True:
        rows = law._layers(levels)
        found = scan(law, rows)
        if found is None:
            break
        s, w = found
        psi, finer = rows.transforms(w)[0], law._layers(levels + 1).transforms(w)[0]
        apart = np.abs(finer - psi) > AGREE * np.abs(psi)
        if not apart.any():
            return Edge(float(np.exp(s)), w, real_point(law, rows, s, w)[1], levels)
        levels = levels + apart
        if levels.max() > LEVELS or law._layers(levels).sizes.max() > MANY:
            break
    raise ArithmeticError("no place where dλ/dM = 0 on which quadratures agree")


def scan(law: Spectral, rows: Layers) -> tuple[float, Array] | None:
    """``ln η`` and w at the first zero of ``d ln λ / d ln η``, coming from λ = ∞."""
    w = rows.moment(1).real / np.exp(PLACES[0])
    before, _, w = real_point(law, rows, PLACES[0], w)
    for s, after in pairwise(PLACES.tolist()):
        m = 1 / np.expm1(-s)
        slope = correction(rows, w, m, m + law.mass, law.mass)[1].real
        guess = w * np.exp((after - s) / (w * slope) * m * (1 + m)) if w.size else w
        growth, _, ahead = real_point(law, rows, after, guess)
        if not np.isfinite(growth) or not (ahead > 0).all():
            return None
        if growth > 0 >= before:
            if not real_point(law, rows, after, w)[0] > 0:  # too far from w for Newton's method
                return None
            root: Any = brentq(lambda t, base: real_point(law, rows, t, base)[0], s, after, args=(w,), xtol=1e-15)
            return float(root), real_point(law, rows, root, w)[2]
        w, before = ahead, growth
    return None
