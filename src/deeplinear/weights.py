"""Reading a network's weights: plain tuples ``(W1, …, WL)`` of arrays, ``W_l`` of shape ``(n_out, n_in)``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag
from deeplinear.arrays import as_float
from deeplinear.task import a_task

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.task import Task

Weights = tuple["Array", ...]


def checked(weights: Sequence[ArrayLike], task: Task | None = None) -> Weights:
    """The weights as float64 arrays, after checking that they chain (and fit the task).

    Raises:
        ValueError: no layers, a layer that is not a matrix, shapes that do not chain or do not fit, NaN or infinity.
    """
    if not isinstance(weights, Sequence) or len(weights) == 0:
        advice = "Pass its .weights" if hasattr(weights, "weights") else "Pass a tuple, (W,) for a single layer"
        raise ValueError(
            "weights need a sequence of matrices (W1, …, WL), got "
            + ("none" if isinstance(weights, Sequence) else f"a bare {type(weights).__name__}")
            + f": a linear network is its layers in the order data meet them. {advice}."
        )
    layers = tuple(as_float(f"weights need arrays of real numbers, got W{i}=", w) for i, w in enumerate(weights, 1))
    for number, layer in enumerate(layers, 1):
        if layer.ndim != 2 or 0 in layer.shape:
            raise ValueError(f"weights need matrices, got W{number} of shape {layer.shape}. Use shape (n_out, n_in).")
        if not np.isfinite(layer).all():
            raise ValueError(f"weights need finite numbers, got a NaN or infinity in W{number}. Check the initialiser.")
    for number, (below, above) in enumerate(itertools.pairwise(layers), 1):
        if above.shape[1] != below.shape[0]:
            raise ValueError(
                f"weights need shapes that chain, got W{number} of shape {below.shape} and W{number + 1} of shape "
                f"{above.shape}: W{number + 1} must have {below.shape[0]} columns. Each is (n_out, n_in)."
            )
    if task is not None:
        a_task("weights", task)
    if task is not None and (layers[0].shape[1], layers[-1].shape[0]) != (task.n_in, task.n_out):
        raise ValueError(
            f"weights need to map the task's {task.n_in} inputs to its {task.n_out} outputs, got "
            f"{layers[0].shape[1]} inputs and {layers[-1].shape[0]} outputs. Whitening changes the number of inputs: "
            f"build the weights from the whitened task."
        )
    return layers


def layers_of(weights: Sequence[ArrayLike]) -> Sequence[Array]:
    """Layers as they are where they are arrays; from the user, as `checked`."""
    ours = (
        isinstance(weights, tuple | list | np.ndarray)
        and len(weights)
        and all(getattr(w, "ndim", 0) == 2 for w in weights)
    )
    return weights if ours and all(type(w) is np.ndarray for w in weights) else checked(weights)  # type: ignore[return-value]


def widths(weights: Sequence[Array]) -> tuple[int, ...]:
    """Layer widths ``(n_0, n_1, …, n_L)``."""
    weights = layers_of(weights)
    return (weights[0].shape[1], *(w.shape[0] for w in weights))


def end_to_end(weights: Sequence[Array]) -> Array:
    """The map ``W_L ⋯ W_1``, shape ``(n_out, n_in)``, multiplied from its narrow end."""
    weights = layers_of(weights)
    if weights[0].shape[1] < weights[-1].shape[0]:
        return reduce(lambda product, w: w @ product, weights)
    return reduce(lambda product, w: product @ w, weights[::-1])


def oriented(weights: Weights, mirrored: bool) -> Weights:
    """The network, or its mirror image: transposed layers in reverse order, with inputs and outputs exchanged."""
    weights = tuple(layers_of(weights))
    return tuple(w.T for w in weights[::-1]) if flag("oriented", "mirrored", mirrored) else weights


def strengths(weights: Sequence[Array], task: Task) -> Array:
    """Strength ``u_αᵀ W_L ⋯ W_1 v_α`` of each task mode, shape ``(k,)``."""
    a_task("strengths", task)
    return task.strengths(end_to_end(checked(weights)))


def imbalance(weights: Sequence[Array]) -> Weights:
    """Conserved quantities ``W_{l+1}ᵀ W_{l+1} − W_l W_lᵀ`` of gradient flow, one square matrix per hidden layer.

    Constant in time for any task and any start; all zero for balanced weights. One descent step of rate η changes
    them by exactly ``η² (G_{l+1}ᵀ G_{l+1} − G_l G_lᵀ)``, G the descent directions.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 1.3, in matrix form.
    """
    weights = layers_of(weights)
    return tuple(above.T @ above - below @ below.T for below, above in itertools.pairwise(weights))
