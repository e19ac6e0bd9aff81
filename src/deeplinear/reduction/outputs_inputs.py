r"""Fewer outputs and inputs, exactly, for networks with any hidden layers.

Theorem. Let the outputs be linear, ``f = W_L h + b_L``, the loss squared, and O (orthonormal columns) span the targets, the
range of W_L(0) and b_L(0). Then training ``(…, Oᵀ W_L, Oᵀ b_L)`` on targets Oᵀ y has the same losses and hidden weights at
every step, and ``W_L = O (Oᵀ W_L)``. Proof: complete O to a rotation of the outputs. The extra outputs have zero target,
weight and bias, so their errors and gradients are zero; the rest of the loss does not see rotations. Likewise, with Q an
orthonormal basis of the inputs that occur, ``W_1 Q`` sees Qᵀ x, and the rest of W_1 never moves. Both hold for full and
mini-batches and any optimiser whose step is linear in the gradients of that layer (momentum, not Adam), and with them for
any activation, width and depth. Fig. 3: 1000 outputs become 32 + 32.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.network import Network
from deeplinear.reduction import projected
from deeplinear.weights import Weights

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.task.examples import Examples

PRESENT = 1e-13  # directions with less than this share of the largest singular value are rounding
EXACT = 1e-12  # largest residual at which a side counts as reduced exactly
WORTHWHILE = 1.5  # a side is reduced where it becomes this many times smaller

Parameters = tuple[Weights, tuple["Array", ...]]  # weights and biases, the latter empty where there are none


@dataclass(frozen=True, eq=False)
class Sides:
    """One network with its output and input side in as few coordinates as it moves in.

    Attributes:
        network: the network at the start.
        outputs: O, shape ``(n_L, m)``; None where all outputs are kept.
        inputs: Q, shape ``(n_0, d_0)``; None where all inputs are kept.
        conditions: each condition of the theorem with its measured relative residual.
    """

    network: Network
    outputs: Array | None = None
    inputs: Array | None = None
    conditions: dict[str, float] = field(default_factory=dict)

    @property
    def start(self) -> Parameters:
        """Weights and biases in the coordinates that are trained."""
        weights, biases = list(self.network.weights), list(self.network.biases or ())
        weights[-1] = projected(weights[-1], self.outputs, None)
        weights[0] = projected(weights[0], None, self.inputs)
        if biases and self.outputs is not None:
            biases[-1] = self.outputs.T @ biases[-1]
        return tuple(weights), tuple(biases)

    @staticmethod
    def inside(rows: Array, basis: Array | None) -> Array:
        """Coordinates of rows in a basis; None stands for all of them."""
        return rows if basis is None else rows @ basis

    def lift(self, parameters: Parameters) -> Parameters:
        """Trained weights and biases in all outputs and inputs."""
        weights, biases = list(parameters[0]), list(parameters[1])
        if self.inputs is not None:
            first = self.network.weights[0]
            rest = first - first @ self.inputs @ self.inputs.T
            if len(weights) == 1 and self.outputs is not None:
                rest = self.outputs.T @ rest
            weights[0] = weights[0] @ self.inputs.T + rest
        if self.outputs is not None:
            weights[-1] = self.outputs @ weights[-1]
            biases = [*biases[:-1], *(self.outputs @ b for b in biases[-1:])]
        return tuple(weights), tuple(biases)

    def __repr__(self) -> str:
        return f"Sides({self})"

    def __str__(self) -> str:
        wide = self.network.widths
        parts = []
        if self.outputs is not None:
            parts.append(f"outputs {wide[-1]} -> {self.outputs.shape[1]}")
        if self.inputs is not None:
            parts.append(f"inputs {wide[0]} -> {self.inputs.shape[1]}")
        return "exact: " + ", ".join(parts) if parts else "none: every weight is trained"


def span(rows: Array) -> Array:
    """Orthonormal basis in columns of what the rows span."""
    _, sizes, vectors = np.linalg.svd(rows, full_matrices=False)
    return vectors[sizes > PRESENT * sizes[0]].T


def few_outputs(networks: list[Network], data: Examples) -> list[Array] | None:
    """O for each network: the targets' span first, the same for all, then that of W_L(0) and b_L(0). None if not worthwhile."""
    last = networks[0].weights[-1]
    if last.shape[0] < WORTHWHILE * last.shape[1]:
        return None
    targets, found = span(data.y), []
    for network in networks:
        blocks = [targets, network.weights[-1]]
        if network.biases is not None and np.any([each.biases[-1] for each in networks if each.biases is not None]):
            blocks.append(network.biases[-1][:, None])
        stacked = np.hstack(blocks)
        if len(stacked) < WORTHWHILE * stacked.shape[1]:
            return None
        # orthonormal even where columns depend on one another, and the span is inside; the first columns know the targets only
        found.append(np.linalg.qr(stacked)[0])
    return found


def few_inputs(data: Examples) -> Array | None:
    """Q, or None if not worthwhile. Orthogonal examples of one length become multiples of unit vectors."""
    x = data.x
    if len(x) * WORTHWHILE <= x.shape[1]:
        gram = x @ x.T
        size = gram[0, 0]
        if size > 0 and np.abs(gram - size * np.eye(len(x))).max() < PRESENT * size:
            return x.T / np.sqrt(size)
    basis = span(x)
    return basis if basis.shape[1] * WORTHWHILE <= x.shape[1] else None


def outside(block: Array, basis: Array | None) -> float:
    """Share of ``block`` (in columns) outside the span of ``basis``."""
    size = float(np.linalg.norm(block))
    return 0.0 if basis is None or size == 0.0 else float(np.linalg.norm(block - basis @ (basis.T @ block))) / size


def reduced(networks: list[Network], data: Examples, *, outputs: bool, inputs: bool) -> list[Sides]:
    """Every network with the sides reduced that may be and are worth it."""
    left = few_outputs(networks, data) if outputs else None
    right = few_inputs(data) if inputs and not networks[0].activated_inputs else None
    found = []
    for number, network in enumerate(networks):
        basis = left[number] if left is not None else None
        measured = {"targets inside": outside(data.y.T, basis), "inputs inside": outside(data.x.T, right)}
        measured["last layer inside"] = outside(network.weights[-1], basis)
        if network.biases is not None:
            measured["last bias inside"] = outside(network.biases[-1], basis)
        found.append(Sides(network, basis, right, measured))
    if max(max(each.conditions.values()) for each in found) > EXACT:
        return [Sides(network) for network in networks]
    return found
