r"""The directions in which inputs vary, every input measured by its own spread, so that units do not matter.

Whether a direction occurs at all is a question of rounding, and rounding is relative to each input: a length in nanometres
is known as well as one in metres. So inputs are first divided by the root of their power. Correlations square what they
sum, and lose directions with less than about 1e-8 of the strongest; where examples are at hand they are looked at again
along the weak directions, without squares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.memory import require_memory

WEAK = 1e-4  # share of the largest power below which squares have lost more than four digits of a direction
ROUNDING = 1e-12  # relative size of a direction that only rounding has: a hundred roundings over the root of `WEAK`
SQUARED_ROUNDING = 1e-13  # and, for each input, its share of the largest power where correlations are all that is known
INEXACT = 1e-9  # error of unit coordinates that is too large
SUMS = 32.0  # rounding errors that pile up in the sums of Σ³¹, of thousands of terms in blocks


def resolved_eigenvectors(gram: Array, seen: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Eigenvalues of ``AᵀA``, descending, and eigenvectors in columns, the weak ones from A itself.

    Args:
        gram: ``AᵀA``, shape ``(n, n)``.
        seen: returns ``A @ block``, or any matrix with the same singular values and right singular vectors.
    """
    powers, vectors = np.linalg.eigh(gram)
    powers, vectors = np.maximum(powers[::-1], 0.0), vectors[:, ::-1].copy()
    weak = np.flatnonzero(powers < WEAK * powers[0])
    if weak.size:
        _, sizes, turn = np.linalg.svd(seen(vectors[:, weak]))
        signs = np.where(np.diag(turn) < 0, -1.0, 1.0)[:, None]
        vectors[:, weak] = vectors[:, weak] @ (signs * turn).T
        powers[weak] = 0.0
        powers[weak[: len(sizes)]] = np.square(sizes)
    return powers, vectors


@dataclass(frozen=True, eq=False)
class Directions:
    """Singular directions of the inputs, each input in units of its own spread.

    All examples in rows are ``X = Q · diag(sizes) vectorsᵀ · diag(scale)`` with orthonormal columns in Q.

    Attributes:
        scale: root of the power of each input, shape ``(n_in,)``; 1 for an input that is always zero.
        sizes: singular values of the scaled inputs, shape ``(rank,)``, descending, all of them more than rounding.
        vectors: their right singular vectors in columns, shape ``(n_in, rank)``.
    """

    scale: Array
    sizes: Array
    vectors: Array

    @classmethod
    def from_correlation(cls, input_correlation: Array) -> Directions:
        """The directions that Σ¹¹ shows: those with less than 1e-13 of the largest power for each input are rounding."""
        scale, vary, scaled = divided(input_correlation)
        powers, vectors = np.linalg.eigh(scaled)
        powers, vectors = powers[::-1], vectors[:, ::-1]
        occurs = powers > SQUARED_ROUNDING * len(powers) * powers[0]
        return cls(scale, np.sqrt(powers[occurs]), embedded(vectors[:, occurs], vary))

    @classmethod
    def from_examples(
        cls, input_correlation: Array, seen: Callable[[Array], Array], *, noise: Array | float = 0.0
    ) -> Directions:
        """The directions that examples show.

        Args:
            input_correlation: Σ¹¹ = XᵀX.
            seen: returns ``X @ block``, or any matrix with the same singular values and right singular vectors.
            noise: relative rounding of each scaled input, shape ``(n_in,)``: large for a mean far above the spread.
        """
        scale, vary, scaled = divided(input_correlation)
        if not vary.any():
            return cls(scale, np.zeros(0), np.zeros((len(scale), 0)))
        powers, vectors = resolved_eigenvectors(scaled, lambda block: seen(embedded(block, vary) / scale[:, None]))
        sizes, vectors = np.sqrt(powers), embedded(vectors, vary)
        rounding = np.linalg.norm(vectors * np.broadcast_to(noise, scale.shape)[:, None], axis=0)
        occurs = sizes > ROUNDING * sizes[0] + rounding
        return cls(scale, sizes[occurs], vectors[:, occurs])

    @classmethod
    def from_few_examples(cls, x: Array, *, noise: Array | float = 0.0) -> Directions:
        """The directions of fewer examples than inputs, by SVD of the scaled examples: Σ¹¹ is never formed.

        Args:
            x: examples in rows.
            noise: as in `from_examples`.
        """
        size = np.linalg.norm(x, axis=0)
        scale = np.where(size > 0, size, 1.0)
        _, sizes, vectors = np.linalg.svd(x / scale, full_matrices=False)
        rounding = np.linalg.norm(vectors * np.broadcast_to(noise, scale.shape), axis=1)
        occurs = sizes > ROUNDING * sizes[0] + rounding
        return cls(scale, sizes[occurs], vectors[occurs].T)

    @property
    def root(self) -> Array:
        """A with Σ¹¹ = AᵀA, shape ``(rank, n_in)``: powers as ``‖A v‖²`` keep digits that ``vᵀ Σ¹¹ v`` loses."""
        return (self.vectors * self.sizes).T * self.scale

    @property
    def coordinates(self) -> Array:
        """P for which ``P x`` has Σ = I on the examples, shape ``(rank, n_in)``."""
        return (self.vectors / self.sizes).T / self.scale

    def gram(self) -> Array:
        """Σ¹¹, formed from its root.

        Raises:
            ValueError: not enough memory for it.
        """
        require_square("Task.input_correlation", len(self.scale))
        root = self.root
        return root.T @ root

    @cached_property
    def principal(self) -> tuple[Array, Array]:
        """Principal components of the unscaled inputs, from the root: powers ``(rank,)``, descending, and vectors in columns."""
        _, sizes, vectors = np.linalg.svd(self.root, full_matrices=False)
        return np.square(sizes), vectors.T

    @property
    def shortest_coordinates(self) -> Array:
        """P as in `coordinates`, of least norm: zero on directions of the unscaled inputs that do not occur.

        Where units are so different, 1e14 times, that this cannot be told in float64, of least norm for scaled inputs.
        """
        coordinates = self.coordinates
        if len(self.sizes) == len(self.scale):
            return coordinates
        root = self.root
        basis, triangle = np.linalg.qr(root.T)
        if not np.diag(triangle).all():  # units so different that some underflow beside others
            return coordinates
        shortest = np.linalg.solve(triangle, basis.T)
        shortest += (np.eye(len(root)) - shortest @ root.T) @ coordinates  # what rounding in the largest units left out
        exact = np.abs(shortest @ root.T - np.eye(len(root))).max() < INEXACT
        return shortest * root.any(axis=0) if exact else coordinates

    def seen_by(self, input_output_correlation: Array, powers: Array | float) -> Array:
        """``Σ³¹ Pᵀ``: targets along each direction, shape ``(n_out, rank)``; 0 where they are less than their rounding.

        Args:
            input_output_correlation: Σ³¹.
            powers: sums of squares of each target, shape ``(n_out,)``, or tr Σ³³ where no more is known. With scaled inputs
                tr Σ¹¹ = n_in, and the rounding of a row of Σ³¹ is √(tr Σ¹¹ · power) · ε.
        """
        along = input_output_correlation @ self.coordinates.T
        rounding = np.broadcast_to(rounding_of_correlation(len(self.scale), powers), len(along))[:, None] / self.sizes
        return np.where(np.abs(along) > rounding, along, 0.0)

    def solve(self, input_output_correlation: Array, powers: Array | float) -> Array:
        """The best linear map ``Σ³¹ (Σ¹¹)⁺``, shape ``(n_out, n_in)``; arguments as in `seen_by`."""
        return self.seen_by(input_output_correlation, powers) @ self.shortest_coordinates

    def turn_to(self, vectors: Array) -> Array:
        """The rotation of `coordinates` that follows these vectors of the inputs, in their order and with their signs."""
        turn, triangle = np.linalg.qr(self.root @ vectors[:, : len(self.sizes)])
        return turn * np.where(np.diag(triangle) < 0, -1.0, 1.0)

    def scaled(self, factor: float) -> Directions:
        """Of inputs multiplied by a number."""
        return Directions(self.scale * factor, self.sizes, self.vectors)

    def strongest(self, cutoff: float) -> Directions:
        """Those with more than this share of the largest power."""
        keep = np.square(self.sizes) > cutoff * self.sizes[0] ** 2
        return Directions(self.scale, self.sizes[keep], self.vectors[:, keep])


def require_square(function: str, inputs: int) -> None:
    """Refuse matrices of all inputs by all inputs that would not fit, with their size."""
    remedy = 'Pass inputs="white", which has no more inputs than examples, or select features.'
    require_memory(function, 3 * 8.0 * inputs**2, f"correlations of {inputs} inputs", remedy)


def rounding_of_correlation(input_power: float, output_power: Array | float) -> Array:
    """Singular values of a Σ³¹ that is zero but for rounding are below this: ``√(tr Σ¹¹ · tr Σ³³) · ε`` for each of a few sums."""
    return SUMS * np.finfo(np.float64).eps * np.sqrt(input_power) * np.sqrt(np.asarray(output_power, dtype=np.float64))


def divided(input_correlation: Array) -> tuple[Array, NDArray[np.bool_], Array]:
    """Root of the power of each input, 1 where that is zero; which inputs have power; Σ¹¹ of those, divided by the roots."""
    power = np.diag(input_correlation)
    vary = power > 0
    scale = np.sqrt(np.where(vary, power, 1.0))
    return scale, vary, input_correlation[np.ix_(vary, vary)] / scale[vary, None] / scale[vary]


def embedded(block: Array, rows: NDArray[np.bool_]) -> Array:
    """A block in these rows of a taller one, zeros elsewhere."""
    found = np.zeros((len(rows), block.shape[1]))
    found[rows] = block
    return found


def is_multiple_of_identity(matrix: Array) -> bool:
    """Whether a matrix is exactly a number times the identity."""
    diagonal = np.diag(matrix)
    return bool((diagonal == diagonal[0]).all()) and np.count_nonzero(matrix) == np.count_nonzero(diagonal)


def completed(powers: Array, vectors: Array) -> tuple[Array, Array]:
    """Powers and orthonormal columns, with zeros and columns that complete them to a basis."""
    n_in, rank = vectors.shape
    require_square("Task.input_modes", n_in)
    basis = np.linalg.qr(vectors, mode="complete")[0]
    basis[:, :rank] = vectors
    return np.append(powers, np.zeros(n_in - rank)), basis
