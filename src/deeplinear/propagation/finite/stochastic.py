"""Moments and density of the singular values of a Jacobian that is never formed, from random vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator, whole_number, whole_numbers
from deeplinear.arrays import real_array
from deeplinear.network import Network
from deeplinear.propagation.finite.lanczos import Bidiagonal
from deeplinear.propagation.finite.operator import meant
from deeplinear.spectra.checks import positive

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

    from deeplinear.arrays import Array


MOST = 10**6  # probes, orders or steps
LOWEST = -1e300  # stands for ln 0 where something is interpolated


class SpectralMoments(NamedTuple):
    """Means of ``s^{2 order}`` over all singular values, and their standard errors; shape of the orders."""

    values: Array
    errors: Array


def spectral_moments(
    network: Network | LinearOperator,
    x: ArrayLike | None = None,
    *,
    orders: Sequence[int] = (1, 2),
    probes: int = 32,
    rng: int | np.random.Generator | None = None,
) -> SpectralMoments:
    r"""Moments ``(1/N) Σ s_i^{2m}`` of the squared singular values, ``N = min(n_0, n_L)``: Hutchinson's estimate.

    ``zᵀ (JᵀJ)^m z`` has the trace as its mean over random signs z; one power costs one product with J or its transpose.

    Args:
        network: a network with x, or a `LinearOperator` alone.
        x: one input, shape ``(n_0,)``.
        orders: the m, whole numbers from 1.
        probes: random vectors, at least 2.
        rng: seed or generator.

    Returns:
        Estimates and standard errors over the probes, shape ``(len(orders),)``.

    Raises:
        ValueError: x does not fit, an order that is not a whole number from 1, fewer than two probes.
        TypeError: neither a network nor an operator.

    Source:
        Hutchinson 1990, Commun. Stat. Simul. Comput. 19, 433. The moments: Pennington, Schoenholz & Ganguli 2017,
        arXiv:1711.04735, section 2.

    Example:
        >>> from deeplinear import initial
        >>> net = Network(initial.orthogonal([200] * 11, gain=2.0, rng=0), "linear")
        >>> spectral_moments(net, np.zeros(200), orders=[1], rng=0).values / 4.0**10
        array([1.])
    """
    operator = narrow("spectral_moments", network, x)
    orders = whole_numbers(
        "spectral_moments", "orders", orders, advice="powers are built by multiplication. Pass (1, 2)."
    )
    probes = enough("spectral_moments", "probes", probes, 2)
    z = signs(operator.shape[1], probes, generator("spectral_moments", rng))
    samples = []
    for m in range(max(orders)):
        z = operator.rmatmat(z) if m % 2 else operator.matmat(z)
        samples.append((z * z).sum(axis=0) / operator.shape[1])
    chosen = np.array([samples[m - 1] for m in orders])
    return SpectralMoments(chosen.mean(axis=1), chosen.std(axis=1, ddof=1) / probes**0.5)


@dataclass(frozen=True)
class SpectralDensity:
    """The spectrum as random vectors see it: for each of them a quadrature rule, exact for ``s^{2m}``, m below 2 steps.

    Attributes:
        log_s: ``ln s`` at the nodes, ascending, shape ``(probes, steps)``; ``-inf`` below rounding, ``N ε s_max``.
        weights: their weights, same shape; sum to 1 for each probe.
        size: how many singular values there are.
    """

    log_s: Array
    weights: Array
    size: int

    def cdf(self, s: ArrayLike) -> tuple[Array, Array]:
        """Share of singular values at or below s, and its error: standard error over probes and half the local weight.

        What a probe sees of the share below a node lies between the weights before and after it (Chebyshev, Markov and
        Stieltjes); the middle is taken, and straight lines in ``ln s`` between nodes. Large weights, as at the lower end
        of wide spectra, mean that the steps did not resolve what is there.
        """
        with np.errstate(divide="ignore"):
            places = real_array("SpectralDensity.cdf", "s", s, ">= 0 or infinite", "singular values are not negative.")
            at = np.maximum(np.log(places), LOWEST)
        middles, halves = [], []
        for nodes, weights in zip(self.log_s, self.weights, strict=True):
            rungs, half = np.maximum(nodes, LOWEST), np.where(nodes > LOWEST, weights / 2, 0.0)
            middles.append(np.interp(at, rungs, np.cumsum(weights) - half))
            halves.append(np.interp(at, rungs, half))
        spread = np.std(middles, axis=0, ddof=1) / len(middles) ** 0.5
        return np.mean(middles, axis=0), spread + np.mean(halves, axis=0)

    def pdf(self, log_s: ArrayLike, *, width: float) -> tuple[Array, Array]:
        """Density of ``ln s``, blurred by a normal of standard deviation ``width``, and its standard error over probes."""
        width = positive(
            "SpectralDensity.pdf", "width", width, "it blurs nodes into a density. Pass for example width=0.1."
        )
        at = real_array("SpectralDensity.pdf", "log_s", log_s, "not NaN", "it is where the density is wanted.")[
            ..., None
        ]
        kernels = [
            (np.exp(-(((at - nodes) / width) ** 2) / 2) @ weights) / (width * (2 * np.pi) ** 0.5)
            for nodes, weights in zip(self.log_s, self.weights, strict=True)
        ]
        return np.mean(kernels, axis=0), np.std(kernels, axis=0, ddof=1) / len(kernels) ** 0.5


def spectral_density(
    network: Network | LinearOperator,
    x: ArrayLike | None = None,
    *,
    probes: int = 8,
    steps: int = 60,
    rng: int | np.random.Generator | None = None,
) -> SpectralDensity:
    """Density of the singular values, by stochastic Lanczos quadrature.

    Args:
        network: a network with x, or a `LinearOperator` alone.
        x: one input, shape ``(n_0,)``.
        probes: random vectors, at least 2; errors fall as one over the root of probes times width.
        steps: Lanczos steps for each, two products a step. Features finer than ``1/steps`` of the largest s are blurred.
        rng: seed or generator.

    Raises:
        ValueError: x does not fit, fewer than two probes, no steps.
        TypeError: neither a network nor an operator.

    Source:
        Ubaru, Chen & Saad 2017, SIAM J. Matrix Anal. Appl. 38, 1075; on the bidiagonal form, which keeps small s.

    Example:
        >>> from deeplinear import initial
        >>> net = Network(initial.orthogonal([200] * 11, gain=1.05, rng=0), "tanh")
        >>> spectrum = spectral_density(net, np.random.default_rng(1).standard_normal(200), rng=0)
        >>> share, error = spectrum.cdf(0.3)
        >>> bool(0 < share < 1), bool(error < 0.05)
        (True, True)
    """
    operator = narrow("spectral_density", network, x)
    probes, steps = enough("spectral_density", "probes", probes, 2), enough("spectral_density", "steps", steps, 1)
    rng, size = generator("spectral_density", rng), operator.shape[1]
    rules = [quadrature(operator, z, min(steps, size), rng) for z in signs(size, probes, rng).T]
    nodes, weights = (np.stack(part) for part in zip(*rules, strict=True))
    return SpectralDensity(nodes, weights, size)


def quadrature(operator: LinearOperator, z: Array, steps: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Gauss's rule for what one vector sees: ``ln`` of the nodes, ascending, and weights, shape ``(steps,)``."""
    growing = Bidiagonal(operator, z, rng)
    for _ in range(steps):
        growing.step()
    _, theta, right = growing.svd()
    seen = theta > operator.shape[1] * np.finfo(float).eps * theta[0]
    with np.errstate(divide="ignore"):
        return np.log(np.where(seen, theta, 0.0))[::-1], right[::-1, 0] ** 2


def narrow(function: str, network: Network | LinearOperator, x: ArrayLike | None) -> LinearOperator:
    """The operator, or its transpose: the one with no more columns than rows."""
    operator = meant(function, network, x)
    return operator if operator.shape[1] <= operator.shape[0] else operator.T


def signs(size: int, probes: int, rng: np.random.Generator) -> Array:
    """Random signs, shape ``(size, probes)``."""
    return np.where(rng.random((size, probes)) < 0.5, -1.0, 1.0)


def enough(function: str, name: str, value: int, least: int) -> int:
    """A whole number from ``least``."""
    advice = f"errors are read off the spread over them. Pass for example {name}={max(8, least)}."
    return whole_number(function, name, value, least, MOST, advice)
