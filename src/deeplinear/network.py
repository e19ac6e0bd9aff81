"""A fully connected network with any activation: layers, and what passes through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.activations import Activation, as_activation
from deeplinear.arguments import flag
from deeplinear.arrays import as_float
from deeplinear.messages import shown
from deeplinear.weights import Weights, checked

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@dataclass(frozen=True, eq=False)
class Network:
    """``h_1 = W_1 x + b_1``, ``h_{l+1} = W_{l+1} φ(h_l) + b_{l+1}``; the output ``h_L`` is linear.

    Args:
        weights: ``(W1, …, WL)``, ``W_l`` of shape ``(n_l, n_{l−1})``; gains are in them.
        activation: φ: a name, an `Activation`, or any function of one array.
        biases: ``(b1, …, bL)``, ``b_l`` of shape ``(n_l,)``; none if left out.
        activated_inputs: the activation acts on the input too, ``h_1 = W_1 φ(x) + b_1``: the paper's network of eq. (20),
            from pre-activations to pre-activations.

    Raises:
        ValueError: layers that do not chain, biases that do not fit, NaN or infinity.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (20), for ``activated_inputs``.

    Example:
        >>> net = Network(([[2.0]], [[3.0]]), "tanh")
        >>> net([0.5]).round(4)  # 3 tanh(2 · 0.5)
        array([2.2848])
    """

    weights: Weights
    activation: Activation
    biases: tuple[Array, ...] | None
    activated_inputs: bool

    def __init__(
        self,
        weights: Sequence[ArrayLike],
        activation: str | Activation | Callable = "tanh",
        biases: Sequence[ArrayLike] | None = None,
        *,
        activated_inputs: bool = False,
    ):
        object.__setattr__(self, "weights", checked(weights))
        object.__setattr__(self, "activation", as_activation(activation))
        object.__setattr__(self, "biases", None if biases is None else checked_biases(biases, self.weights))
        object.__setattr__(self, "activated_inputs", flag("Network", "activated_inputs", activated_inputs))

    @property
    def depth(self) -> int:
        """How many weight matrices."""
        return len(self.weights)

    @property
    def widths(self) -> tuple[int, ...]:
        """``(n_0, …, n_L)``."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    def __repr__(self) -> str:
        wide = "-".join(map(str, self.widths))
        if self.depth > 3:
            wide = "{}-{}-…-{}".format(*self.widths[:2], self.widths[-1])
        layers = f"{self.depth} layer{'s' * (self.depth != 1)}"
        more = ", biases" * (self.biases is not None) + ", activated inputs" * self.activated_inputs
        return f"Network({wide}, {layers}, {self.activation.name}{more})"

    def preactivations(self, x: ArrayLike) -> Iterator[Array]:
        """``h_1, …, h_L`` one by one, each of shape ``(..., n_l)``, for inputs x of shape ``(..., n_0)``."""
        h = as_float("Network needs real inputs, got x=", x)
        if h.ndim == 0 or h.shape[-1] != self.widths[0]:
            raise ValueError(
                f"Network needs inputs of {self.widths[0]} numbers each, got shape {h.shape}: the last axis meets W1. Pass x "
                f"of shape (..., {self.widths[0]})."
            )
        if not np.isfinite(h).all():
            raise ValueError(
                f"Network needs finite inputs, got {np.sum(~np.isfinite(h))} NaN or infinite numbers in x: they would spoil "
                f"every output. Drop or fill them."
            )
        for number, w in enumerate(self.weights):
            h = (self.activation(h) if number or self.activated_inputs else h) @ w.T
            if self.biases is not None:
                h = h + self.biases[number]
            yield h

    def __call__(self, x: ArrayLike) -> Array:
        """Outputs, shape ``(..., n_L)``."""
        *_, last = self.preactivations(x)
        return last

    def jacobian_factors(self, x: ArrayLike) -> Iterator[Array]:
        """The factors of the Jacobian at one input, in the order data meet them: ``W_l diag φ'(h_{l−1})``.

        Their product is ``∂h_L/∂x``, eq. (22); without ``activated_inputs`` the first factor is W1 itself. Slopes of saturated
        units may be lost beside others here: `deeplinear.propagation.log_jacobian_singular_values` carries their logarithms.
        """
        h = as_float("Network needs real inputs, got x=", x)
        if h.ndim != 1:
            raise ValueError(
                f"jacobian_factors needs one input, got shape {h.shape}: a Jacobian belongs to one place. Call it for each."
            )
        for number, (w, after) in enumerate(zip(self.weights, self.preactivations(x), strict=True)):
            yield w * self.activation.derivative(h) if number or self.activated_inputs else w
            h = after


def checked_biases(biases: Sequence[ArrayLike], weights: Weights) -> tuple[Array, ...]:
    """Biases as float64 vectors, one for each layer."""
    wanted = [(w.shape[0],) for w in weights]
    if not isinstance(biases, Sequence | np.ndarray) or len(biases) > len(weights):
        raise ValueError(
            f"Network needs finite biases of shapes {wanted}, got biases={shown(biases)}: each layer adds its own. Leave them out "
            f"for none, or pass [np.zeros(w.shape[0]) for w in weights]."
        )
    vectors = tuple(as_float(f"Network needs real biases, got b{number}=", b) for number, b in enumerate(biases, 1))
    shapes = [b.shape for b in vectors]
    if shapes != wanted or not all(np.isfinite(b).all() for b in vectors):
        raise ValueError(
            f"Network needs finite biases of shapes {wanted}, got {shapes}: each layer adds its own. Leave them out for none."
        )
    return vectors
