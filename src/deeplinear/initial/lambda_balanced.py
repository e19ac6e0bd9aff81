"""λ-balanced weights of two layers: from rich to lazy by one number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator, real_number
from deeplinear.initial.orthogonal import haar
from deeplinear.initial.orthonormal import completed, outer_frames
from deeplinear.initial.widths import checked_scales, checked_widths
from deeplinear.task import Task
from deeplinear.weights import Weights, oriented


def lambda_balanced(
    widths: Sequence[int],
    *,
    imbalance: float,
    strength: ArrayLike = 1e-3,
    task: Task | None = None,
    rng: int | np.random.Generator | None = None,
) -> Weights:
    """Two layers with ``W_2ᵀ W_2 − W_1 W_1ᵀ = λI``: rich for small λ, lazy for large; solved for any.

    ``W_2 = U S_2 Rᵀ`` and ``W_1 = R S_1 Vᵀ`` with ``S_2² − S_1² = λ`` and ``S_2 S_1 = S``. λ > 0 makes W_2ᵀW_2 positive
    definite, hidden directions that carry no input included, so it takes as many outputs as hidden units; λ < 0 takes as
    many inputs. Large λ is lazy where the stronger layer spans its side (``n_hidden = n_out`` for λ > 0, ``n_in`` for
    λ < 0) or a task is given; else that layer must turn towards the task first, and learning is late and rich.

    Args:
        widths: ``(n_in, n_hidden, n_out)``; ``n_hidden <= n_out`` for λ > 0, ``n_hidden <= n_in`` for λ < 0.
        imbalance: λ, in units of squared weights.
        strength: singular values S of the end-to-end map, one number or one for each of ``min(widths)``; > 0, or >= 0
            where λ is not zero.
        task: if given, U and V begin with its modes, which makes the start decoupled as well.
        rng: seed or generator.

    Returns:
        Weights ``(W1, W2)``.

    Raises:
        ValueError: unusable widths, shapes for which λI is impossible, λ no finite number, strength out of range.

    Source:
        Dominé et al. 2024, arXiv:2409.14623; the smaller of S_1, S_2 as a quotient, so that no digits cancel.

    Example:
        >>> w1, w2 = lambda_balanced([5, 3, 4], imbalance=2.0, rng=0)
        >>> bool(np.allclose(w2.T @ w2 - w1 @ w1.T, 2 * np.eye(3)))
        True
    """
    sizes = checked_widths("lambda_balanced", widths, task)
    if len(sizes) != 3:
        raise ValueError(
            f"lambda_balanced needs three widths, got widths={widths!r}: λ is the imbalance of two layers. Pass for "
            f"example [784, 100, 200], or use balanced for other depths."
        )
    advice = "it is λ, one number for all hidden units. Pass for example 0.1."
    size = real_number("lambda_balanced", "imbalance", imbalance, "finite", advice)
    mirrored = size < 0
    hidden, outer = sizes[1], sizes[0 if mirrored else 2]
    if size != 0 and hidden > outer:
        layer, side, sign = ("W_1 W_1ᵀ", "n_in", "<") if mirrored else ("W_2ᵀ W_2", "n_out", ">")
        raise ValueError(
            f"lambda_balanced needs n_hidden <= {side} for λ {sign} 0, got widths={widths!r}: {layer} would be positive "
            f"definite, of rank {hidden}, and {outer} units give no more than {outer}. Narrow the hidden layer to {outer}, "
            f"change the sign of λ, or pass imbalance=0."
        )
    k, size = min(sizes), abs(size)
    s = checked_scales("lambda_balanced", "strength", strength, k, "modes", zero_learns=size > 0)
    rng = generator("lambda_balanced", rng)
    ends = outer_frames(sizes, k, task, rng)
    near, far = ends[::-1] if mirrored else ends
    rank = hidden if size else k
    s = np.concatenate([s, np.zeros(rank - k)])
    larger = np.sqrt((np.hypot(size, 2 * s) + size) / 2)
    frame = haar(hidden, rank, rng)
    below = (frame[:, :k] * (s / larger)[:k]) @ near.T
    above = (completed(far, rank, rng) * larger) @ frame.T
    return oriented((below, above), mirrored)
