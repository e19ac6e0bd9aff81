"""The Jacobian, and its inverse, as SciPy's `LinearOperator`: products with vectors, from weights that are not copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import lu_factor, lu_solve
from scipy.sparse.linalg import LinearOperator

from deeplinear.network import Network
from deeplinear.propagation.finite.jacobian import single, slopes
from deeplinear.spectra.products.scipy_blas import lapack

if TYPE_CHECKING:
    from deeplinear.arrays import Array

PROBES = 4
EPS = float(np.finfo(float).eps)
ORTHOGONAL = 1e-12  # relative size of (WᵀW − c) z for random z, below which Wᵀ/c is W's inverse


class Products(LinearOperator):
    """Products with a matrix that is not there; a leaf gives ``forward`` and ``backward``, of vectors or of columns."""

    def __init__(self, shape: tuple[int, int]):
        super().__init__(np.float64, shape)

    def forward(self, v: Array) -> Array:
        """``A v``."""
        raise NotImplementedError

    def backward(self, u: Array) -> Array:
        """``Aᵀ u``."""
        raise NotImplementedError

    def _matvec(self, x: Array) -> Array:
        return self.forward(x)

    def _rmatvec(self, x: Array) -> Array:
        return self.backward(x)

    def _matmat(self, X: Array) -> Array:
        return self.forward(X)

    def _rmatmat(self, X: Array) -> Array:
        return self.backward(X)


class Jacobian(Products):
    """``∏_l W_l diag s_l``."""

    def __init__(self, network: Network, front: list[Array]):
        super().__init__((network.widths[-1], network.widths[0]))
        self.layers = list(zip(network.weights, front, strict=True))

    def forward(self, v: Array) -> Array:
        """``W_L s_L ⋯ W_1 s_1 v``."""
        for w, s in self.layers:
            v = w @ (v.T * s).T
        return v

    def backward(self, u: Array) -> Array:
        """``s_1 W_1ᵀ ⋯ s_L W_Lᵀ u``."""
        for w, s in reversed(self.layers):
            u = ((w.T @ u).T * s).T
        return u


class Inverse(Products):
    """``∏_l diag(1/s_l) W_l⁻¹`` of layers that are factored already."""

    def __init__(self, layers: list[Orthogonal | Factored], front: list[Array]):
        super().__init__((len(front[0]), len(front[0])))
        self.rounding = sum(layer.rounding for layer in layers)
        self.layers = list(zip(layers, front, strict=True))

    def forward(self, v: Array) -> Array:
        """``J⁻¹ v``."""
        for w, s in reversed(self.layers):
            v = (w.solve(v).T / s).T
        return v

    def backward(self, u: Array) -> Array:
        """``J⁻ᵀ u``."""
        for w, s in self.layers:
            u = w.solve((u.T / s).T, transposed=True)
        return u


class Orthogonal:
    """A layer with ``WᵀW = c``."""

    singular, rounding = False, EPS

    def __init__(self, w: Array, c: float):
        self.w, self.c = w, c

    def solve(self, v: Array, *, transposed: bool = False) -> Array:
        """``W⁻¹ v`` or ``W⁻ᵀ v``."""
        return (self.w if transposed else self.w.T) @ v / self.c


class Factored:
    """A layer by its LU factors."""

    def __init__(self, w: Array):
        self.lu = lu_factor(w, check_finite=False)
        self.singular = not np.diag(self.lu[0]).all()
        reciprocal, _ = lapack().dgecon(self.lu[0], np.abs(w).sum(axis=0).max())
        self.rounding = EPS / max(reciprocal, EPS)  # the order of what it does to a singular value

    def solve(self, v: Array, *, transposed: bool = False) -> Array:
        """``W⁻¹ v`` or ``W⁻ᵀ v``."""
        return lu_solve(self.lu, v, trans=int(transposed), check_finite=False)


def jacobian_operator(network: Network, x: ArrayLike) -> LinearOperator:
    """``J = ∂h_L/∂x`` at one input: ``J @ v``, ``J.T @ u``, for vectors or for columns of matrices.

    Holds the slopes φ', one vector a layer, beside the network.

    Args:
        network: the network.
        x: one input, shape ``(n_0,)``.

    Raises:
        ValueError: x does not fit the network or is no single input.

    Example:
        >>> net = Network(([[2.0, 0.0], [0.0, 1.0]], [[1.0, 1.0]]), "tanh")
        >>> jacobian_operator(net, [0.0, 0.0]) @ np.array([1.0, 1.0])
        array([3.])
    """
    return Jacobian(network, slopes(network, single("jacobian_operator", network, x)))


def inverse_operator(network: Network, x: ArrayLike) -> Inverse:
    """``J⁻¹`` at one input, for square layers: transposes of orthogonal ones, LU factors of the others.

    LU takes a third of a multiplication and the memory of one more weight matrix, once a layer.

    Raises:
        ValueError: a layer is not square, or it or a unit in front of it lets some direction through as zero exactly.
    """
    x, size = single("inverse_operator", network, x), network.widths[0]
    if set(network.widths) != {size}:
        raise ValueError(
            f"inverse_operator needs square layers, got widths={network.widths}: only they have inverses. "
            f"Use log_jacobian_singular_values for the smallest singular values."
        )
    front = slopes(network, x)
    if not all(s.all() for s in front):
        raise ValueError(
            "inverse_operator needs φ' that is nowhere zero in float64, got units that let nothing or less than 1e-308 through: "
            "so do the smallest singular values. Use log_jacobian_singular_values, which has them."
        )
    layers: list[Orthogonal | Factored] = []
    for number, w in enumerate(network.weights, 1):
        scale = orthogonality(w)
        layer = Orthogonal(w, scale) if scale else Factored(w)
        if layer.singular:
            raise ValueError(
                f"inverse_operator needs invertible layers, got W{number} with a zero pivot: the smallest singular value "
                f"is zero. Use log_jacobian_singular_values, which counts them."
            )
        layers.append(layer)
    return Inverse(layers, front)


def orthogonality(w: Array) -> float:
    """The c of ``WᵀW = c``, as random vectors see it; 0 if they see something else."""
    z = np.random.default_rng(0).standard_normal((w.shape[1], PROBES))
    image = w @ z
    scale = float(np.vdot(image, image) / np.vdot(z, z))
    return scale if np.linalg.norm(w.T @ image - scale * z) <= ORTHOGONAL * scale * np.linalg.norm(z) else 0.0


def meant(function: str, network: Network | LinearOperator, x: ArrayLike | None) -> LinearOperator:
    """The operator of a network at x, or the user's own."""
    if isinstance(network, Network):
        if x is None:
            raise ValueError(f"{function} needs an input, got x=None: a Jacobian belongs to one place. Pass x.")
        return jacobian_operator(network, x)
    if isinstance(network, LinearOperator) and x is None:
        return network
    raise TypeError(
        f"{function} needs a Network and x, or a LinearOperator alone, got {type(network).__name__}: it multiplies by "
        f"vectors. Wrap your own products in scipy.sparse.linalg.LinearOperator."
    )
