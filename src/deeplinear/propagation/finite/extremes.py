"""The largest and the smallest singular values of a Jacobian that is never formed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import choice, generator, whole_number
from deeplinear.network import Network
from deeplinear.propagation.finite.lanczos import Bidiagonal
from deeplinear.propagation.finite.operator import inverse_operator, meant
from deeplinear.spectra.products.log_singular import tolerance

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

    from deeplinear.arrays import Array

ROUNDING = 16 * float(np.finfo(float).eps)
LOOK = 5  # steps between two looks at the values


class ExtremeSingularValues(NamedTuple):
    """Singular values from an end of the spectrum, or from both.

    Attributes:
        values: descending, shape ``(k,)``, or ``(2 k,)`` from both ends.
        errors: estimates of their absolute errors, same shape: residual, or residual² over the distance to the next value;
            and for the smallest what rounding does to the inverse.
        products: how often J, its inverse or a transpose met a vector.
    """

    values: Array
    errors: Array
    products: int


def extreme_singular_values(
    network: Network | LinearOperator,
    x: ArrayLike | None = None,
    *,
    k: int = 1,
    which: Literal["largest", "smallest", "both"] = "largest",
    rtol: float = 1e-8,
    steps: int = 500,
    rng: int | np.random.Generator = 0,
) -> ExtremeSingularValues:
    """The k largest or smallest singular values of ``J = ∂h_L/∂x``, by Lanczos steps of ``J v`` and ``Jᵀ u``.

    Beside the weights it holds two vectors a step. The smallest come from the inverse: from transposes where layers are
    orthogonal up to a factor, else from LU factors, which take the memory of the weights once more.

    Copies of an exactly multiple value are found, those of values that agree to ``rtol`` need not be.

    Args:
        network: a network with x; or any `LinearOperator` alone, whose largest values are found.
        x: one input, shape ``(n_0,)``.
        k: how many from an end.
        which: the end.
        rtol: relative error of the values. Tops of orthogonal networks are crowded: loosen it there.
        steps: most steps allowed from one end.
        rng: seed or generator of the first vector.

    Raises:
        ValueError: x does not fit, k or an option is out of range, smallest values of layers that have no inverse.
        TypeError: neither a network nor an operator.
        RuntimeError: not converged after ``steps`` steps.

    Source:
        Golub & Kahan 1965, SIAM J. Numer. Anal. B 2, 205; errors: Parlett 1998, The Symmetric Eigenvalue Problem, ch. 11.

    Example:
        >>> from deeplinear import initial
        >>> net = Network(initial.orthogonal([300] * 21, gain=1.05, rng=0), "tanh", activated_inputs=True)
        >>> ends = extreme_singular_values(net, np.random.default_rng(1).standard_normal(300), which="both")
        >>> ends.values.round(4)
        array([7.503e-01, 2.000e-04])
    """
    choice("extreme_singular_values", "which", which, ("largest", "smallest", "both"))
    operator = meant("extreme_singular_values", network, x)
    advice = "that is how many singular values there are. Pass for example k=1."
    k = whole_number("extreme_singular_values", "k", k, 1, min(operator.shape), advice)
    steps = whole_number("extreme_singular_values", "steps", steps, advice="it says when to give up. Pass 500.")
    rtol = tolerance("extreme_singular_values", rtol)
    rng, found = generator("extreme_singular_values", rng), []
    if which != "smallest":
        found.append(top(operator, k, rtol, steps, rng))
    if which != "largest":
        if not isinstance(network, Network) or x is None:
            raise ValueError(
                f"extreme_singular_values needs a network for the smallest values, got which={which!r} of an operator: they "
                f"come from its inverse. Pass the operator of the inverse, and invert its largest values."
            )
        inverse = inverse_operator(network, x)
        values, errors, products = top(inverse, k, rtol, steps, rng)
        errors = errors / values**2 + inverse.rounding / values
        found.append(ExtremeSingularValues(1 / values[::-1], errors[::-1], products))
    return ExtremeSingularValues(
        np.concatenate([f.values for f in found]),
        np.concatenate([f.errors for f in found]),
        sum(f.products for f in found),
    )


def top(operator: LinearOperator, k: int, rtol: float, steps: int, rng: np.random.Generator) -> ExtremeSingularValues:
    """The k largest singular values of an operator."""
    operator = operator if operator.shape[1] <= operator.shape[0] else operator.T
    growing = Bidiagonal(operator, rng.standard_normal(operator.shape[1]), rng)
    while True:
        growing.step()
        enough = growing.steps >= k and (growing.blocks == 1 or growing.blocks > k)
        if not (
            growing.whole or (enough and (growing.steps % LOOK == 0 or growing.blocks > k)) or growing.steps >= steps
        ):
            continue
        left, theta, _ = growing.svd()
        errors = doubt(theta, growing.beta[-1] * np.abs(left[-1]))[:k]
        if growing.whole or (enough and (errors <= rtol * theta[:k]).all()):
            return ExtremeSingularValues(theta[:k], errors, 2 * growing.steps)
        if growing.steps >= steps:
            raise RuntimeError(
                f"extreme_singular_values needs values that converge to rtol={rtol!r}, got {errors.max():.1e} of "
                f"{theta[0]:.3e} after steps={steps}: they lie close together. Loosen rtol or allow more steps."
            )


def doubt(theta: Array, residuals: Array) -> Array:
    """Errors of Ritz values: at most the residual, and residual² over the distance to the neighbours once these are far."""
    below = np.append(theta[:-1] - theta[1:], np.inf)
    reach = residuals + np.append(residuals[1:], 0.0)
    gap = np.minimum(below - reach, np.append(np.inf, below[:-1] - reach[:-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        refined = np.where(gap > residuals, residuals**2 / gap, np.inf)
    return np.minimum(residuals, refined) + ROUNDING * theta[0]
