"""Layer-sequential unit variance: orthogonal layers, each rescaled until data leave it with variance 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.activations import Activation, as_activation
from deeplinear.arguments import choice, real_number, whole_number
from deeplinear.arrays import Array, as_float, real_array
from deeplinear.initial.orthogonal import orthogonal
from deeplinear.initial.widths import checked_widths
from deeplinear.weights import Weights

CONSTANT = 1e-24  # a variance below this share of the mean square is what rounding leaves of a constant


def lsuv(
    x: ArrayLike,
    widths: Sequence[int],
    *,
    activation: str | Activation | Callable[[Array], Any] | None = None,
    variance_of: Literal["preactivations", "activations"] = "preactivations",
    tolerance: float = 0.1,
    iterations: int = 10,
    rng: int | np.random.Generator | None = None,
) -> Weights:
    """Haar-orthogonal layers, one after the other divided by the standard deviation of what they put out.

    While ``|Var B_l − 1| >= tolerance``, ``W_l ← W_l / √Var B_l``, at most ``iterations`` times; Var over all units and
    examples of one mini-batch. B_l is linear in W_l for preactivations, so that one division is enough and leaves 1 up to
    rounding; activations may take several, and bounded ones need not get there at all.

    Args:
        x: a mini-batch, one example a row, shape ``(examples, n_in)``.
        widths: ``(n_in, …, n_out)``.
        activation: between layers: a name, an `Activation` or an elementwise function of arrays; none, for a linear network,
            if not given. Nothing follows the last layer.
        variance_of: which variance is made 1: that of ``W_l h`` (the layer's own output, as in the paper) or that of
            ``activation(W_l h)``.
        tolerance: how far from 1 the variance may stay, > 0.
        iterations: most divisions a layer may take, >= 1.
        rng: seed or generator.

    Returns:
        Weights ``(W1, …, WL)``, each orthogonal up to its scale.

    Raises:
        ValueError: unusable widths or data, data that do not fit, options out of range, an activation that changes shapes
            or returns no finite numbers, or a layer whose output does not vary.
        RuntimeError: the variance is not within the tolerance after ``iterations`` divisions.

    Source:
        Mishkin & Matas 2016, arXiv:1511.06422, algorithm 1: Tol .1, at most 10 iterations.

    Example:
        >>> x = np.random.default_rng(0).uniform(size=(200, 30))
        >>> w1, w2 = lsuv(x, [30, 50, 10], activation=np.tanh, rng=0)
        >>> [round(float(b.var()), 9) for b in (x @ w1.T, np.tanh(x @ w1.T) @ w2.T)]
        [1.0, 1.0]
    """
    sizes = checked_widths("lsuv", widths)
    h = checked_batch(x, sizes[0])
    choice("lsuv", "variance_of", variance_of, ("preactivations", "activations"), "The paper has preactivations.")
    tolerance = real_number("lsuv", "tolerance", tolerance, "> 0", "it says when a layer is done. The paper has 0.1.")
    iterations = whole_number("lsuv", "iterations", iterations, advice="it says when to give up. The paper has 10.")
    if activation is not None and (isinstance(activation, str | Activation) or not callable(activation)):
        activation = as_activation(activation)
    layers = []
    for number, w in enumerate(orthogonal(sizes, rng=rng), 1):
        follows = activation if number < len(sizes) - 1 else None
        before, factor, divided = h @ w.T, 1.0, 0
        while True:
            h = applied(follows, factor * before, number)
            variance = varying(factor * before if variance_of == "preactivations" else h, number)
            if abs(variance - 1) < tolerance:
                break
            if divided == iterations:
                raise RuntimeError(
                    f"lsuv needs a variance within {tolerance:g} of 1, got {variance:.4g} in layer {number} after "
                    f"{iterations} divisions: a bounded activation may never reach 1. Pass variance_of='preactivations', a "
                    f"larger tolerance or more iterations."
                )
            factor, divided = factor / np.sqrt(variance), divided + 1
        layers.append(factor * w)
    return tuple(layers)


def checked_batch(x: ArrayLike, n_in: int) -> Array:
    """Examples as float64, shape ``(examples, n_in)``."""
    batch = real_array("lsuv", "x", x, "real", need=f"finite examples of shape (examples, {n_in})")
    if batch.ndim != 2 or len(batch) == 0 or batch.shape[1] != n_in or not np.isfinite(batch).all():
        raise ValueError(
            f"lsuv needs finite examples of shape (examples, {n_in}), got x of shape {batch.shape} "
            f"{'' if np.isfinite(batch).all() else 'with a NaN or an infinity '}and widths that begin with {n_in}: "
            f"examples are rows. Pass the mini-batch as (examples, n_in)."
        )
    return batch


def applied(activation: Callable[[Array], Any] | None, before: Array, number: int) -> Array:
    """What the next layer meets."""
    if activation is None:
        return before
    after = as_float(f"lsuv needs an elementwise activation, got after layer {number}: ", activation(before))
    if after.shape != before.shape or not np.isfinite(after).all():
        raise ValueError(
            f"lsuv needs an elementwise activation, got an array of shape {after.shape} from one of shape {before.shape}"
            f"{'' if np.isfinite(after).all() else ' with a NaN or infinity'} after layer {number}: each entry is mapped on "
            f"its own. Pass for example np.tanh."
        )
    return after


def varying(outputs: Array, number: int) -> float:
    """Variance over all units and examples, which must not be zero."""
    variance = float(outputs.var())
    if not variance > CONSTANT * float(np.mean(outputs**2)):
        raise ValueError(
            f"lsuv needs outputs that vary, got variance {variance:.3g} in layer {number}: no scale makes a constant vary. "
            f"Pass more examples, check x for constants, or take an activation that does not switch all units off."
        )
    return variance
