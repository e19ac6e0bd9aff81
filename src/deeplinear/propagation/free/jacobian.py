"""The law of the squared singular values of an end-to-end Jacobian."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from deeplinear.activations import Activation
from deeplinear.arguments import whole_number
from deeplinear.propagation.free.law import FreeLaw
from deeplinear.propagation.free.moments import log_mean, normalised
from deeplinear.propagation.free.numerics.cells import Cells, cells
from deeplinear.propagation.free.numerics.layers import Layers, Numbers, alive, flat, layers, log_eta

if TYPE_CHECKING:
    from deeplinear.arrays import Array

EXACT = 12  # orders up to which moments come from power series


@dataclass(frozen=True)
class JacobianLaw(FreeLaw):
    r"""Squared singular values of ``J = Π_l W_l D_l``, ``D_l = diag φ'(h_l)``, ``h_l ~ N(0, q_l)``, of infinite width.

    ``w_l(M)`` inverts ``ψ_l(w) = E[φ'²/(w − φ'²)]``; S-transforms multiply, those of ``D_l²`` being ``(1 + M)/(M w_l)``, that of
    ``W Wᵀ`` ``1/σ_w²`` for orthogonal and ``1/(σ_w² (1 + M))`` for Gaussian weights. Hence

        orthogonal  ``λ(M) = σ_w^{2L} (M/(1 + M))^{L−1} Π_l w_l(M)``,
        Gaussian    ``λ(M) = (1 + M)/M · Π_l σ_w² M w_l(M)``.

    ReLU and hard-tanh leave an `atom` of ``1 − min_l P(φ' ≠ 0)`` at x = 0, and with orthogonal weights one of
    ``1 − Σ_l P(φ' ≠ max φ')`` at the largest x (`top`), if that is positive.

    Args:
        activation: φ, an `Activation`; φ' bounded.
        variances: q_l of the pre-activations that meet φ', one for each layer.
        weight_std: σ_w > 0.
        weights: ``"orthogonal"`` or ``"gaussian"``.

    Raises:
        ValueError: when first used: an atom between other values, or a density of which parts were not found.

    Source:
        Pennington, Schoenholz & Ganguli 2017, arXiv:1711.04735; layers of different variance: derived here.
    """

    activation: Activation = field(repr=False)
    variances: tuple[float, ...] = field(repr=False)
    weight_std: float
    weights: Literal["orthogonal", "gaussian"] = "orthogonal"

    def __repr__(self) -> str:
        ends = sorted({self.variances[0], self.variances[-1]}, reverse=True)
        between = " … ".join(f"{q:.6g}" for q in ends)
        return (
            f"JacobianLaw({self.activation.name!r}, depth={len(self.variances)}, weight_std={self.weight_std!r}, "
            f"variances={between}, weights={self.weights!r})"
        )

    @property
    def depth(self) -> int:
        """How many factors."""
        return len(self.variances)

    @cached_property
    def _different(self) -> tuple[Array, Array]:
        q, counts = np.unique(self.variances, return_counts=True)
        return q, counts.astype(float)

    def _levels(self) -> Array:
        return np.zeros(len(self._different[0]), dtype=int)

    def _layers(self, levels: Array) -> Layers:
        return layers(self.activation, *self._different, levels)

    def _cells(self) -> Cells:
        rows = cells(self.activation, *self._different)
        share, place = self._hidden_atom(rows)
        if share > 1e-12:
            raise ValueError(
                f"JacobianLaw needs a spectrum whose atoms lie at its ends, got {self!r}: an atom of {share:.6g} at x = "
                f"{math.exp(place):.6g} lies between others. Gaussian weights or more layers dissolve it; jacobian_moments does "
                f"not need the density."
            )
        return rows

    @cached_property
    def _fine(self) -> Layers:
        return self._layers(self._levels() + 1)

    @cached_property
    def mass(self) -> float:  # type: ignore[override]  # kept once computed
        """Share of x > 0."""
        least = min(alive(self.activation, float(q)) for q in self._different[0])
        return least if least < 1 - 1e-12 else 1.0

    @cached_property
    def top(self) -> tuple[float, float]:  # type: ignore[override]  # kept once computed
        """Probability of a largest x that is an atom, and ``ln x`` there; ``(0, nan)`` if there is none."""
        if self.weights == "gaussian":
            return 0.0, np.nan
        tops = [flat(self.activation, float(q)) for q in self._different[0]]
        share = 1 - sum(n * (1 - p) for n, (p, _) in zip(self._different[1], tops, strict=True))
        if share <= 1e-12:
            return 0.0, np.nan
        place = sum(n * math.log(value) for n, (_, value) in zip(self._different[1], tops, strict=True))
        return float(share), 2 * self.depth * math.log(self.weight_std) + place

    def _hidden_atom(self, rows: Cells) -> tuple[float, float]:
        """Probability of an atom that is neither 0 nor `top`, and ``ln x`` there; ``(0, nan)`` if there is none."""
        starts = np.cumsum(rows.sizes) - rows.sizes
        weight = np.where(rows.width == 0, rows.weights, 0.0)
        likely = [
            start + int(np.argmax(weight[start : start + size])) for start, size in zip(starts, rows.sizes, strict=True)
        ]
        share = 1 - float(np.sum(rows.counts * (1 - weight[likely])))
        if self.weights == "gaussian" or self.top[0] or share <= 0:
            return 0.0, np.nan
        return share, 2 * self.depth * math.log(self.weight_std) + float(np.sum(rows.counts * rows.centre[likely]))

    def _prefix(self, m: Numbers, above: Numbers) -> tuple[Numbers, Numbers]:
        scale, count = 2 * self.depth * math.log(self.weight_std), self.depth - 1
        if self.weights == "gaussian":
            return scale + np.log(above) + count * np.log(m), 1 / above + count / m
        return scale + count * log_eta(m, above), count / (m * above)

    def log_moment(self, order: int) -> float:
        """``ln E[xⁿ]`` for a whole order from 1 to 12, also where the moment leaves float64."""
        order = whole_number("log_moment", "order", order, 1, EXACT, "it counts powers of x. Pass for example order=2.")
        shape = normalised(self._fine, order, self.weights == "gaussian")[-1]
        return order * log_mean(self._fine, self.weight_std) + math.log(shape)

    def _moment(self, order: float) -> float:
        if not (order > 0 and order.is_integer() and order <= EXACT):
            return super()._moment(order)
        with np.errstate(over="ignore"):
            return float(np.exp(self.log_moment(int(order))))

    def var(self) -> float:
        """Variance of x, ``m_1² Σ_l (E[φ'⁴]/E[φ'²]² − 1 − s_1)``, s_1 = 0 for orthogonal, −1 for Gaussian weights."""
        rows, s1 = self._fine, -1.0 if self.weights == "gaussian" else 0.0
        spread = np.sum(rows.counts * (rows.moment(2) / rows.moment(1) ** 2 - 1 - s1))
        return float(np.exp(2 * log_mean(rows, self.weight_std)) * spread)
