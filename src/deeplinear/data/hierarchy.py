"""Items on a binary tree whose features diffuse down its branches."""

from __future__ import annotations

import numpy as np

from deeplinear.arguments import generator, real_number, whole_number
from deeplinear.arrays import Array
from deeplinear.task import Task

MOST_FEATURES = 10**9
MOST_LEVELS = 13  # 8192 items: their one-hot inputs alone take half a gigabyte


def hierarchy(
    *, levels: int = 5, features: int = 1000, flip: float = 0.1, rng: int | np.random.Generator | None = None
) -> Task:
    """The task of Fig. 3: name an item, predict its features.

    Args:
        levels: levels of the tree, 0 to 13; there are ``2^levels`` items, one-hot inputs (white: Σ¹¹ = I).
        features: outputs, each ±1.
        flip: probability that a feature changes sign along one branch, in [0, 0.5].
        rng: seed or generator.

    Raises:
        ValueError: an argument out of range.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, Fig. 3 (levels 5, features 1000, flip 0.1).

    Example:
        >>> hierarchy(rng=0).modes.s.shape
        (32,)
    """
    x, y = hierarchy_examples(levels=levels, features=features, flip=flip, rng=rng)
    return Task.from_data(x, y)


def hierarchy_examples(
    *, levels: int = 5, features: int = 1000, flip: float = 0.1, rng: int | np.random.Generator | None = None
) -> tuple[Array, Array]:
    """Inputs ``(items, items)`` and features ``(items, features)`` of `hierarchy`: branching diffusion on the tree."""
    levels, features, flip = checked(levels, features, flip)
    rng = generator("hierarchy_examples", rng)
    values = rng.choice([-1.0, 1.0], size=(1, features))
    for _ in range(levels):
        values = np.repeat(values, 2, axis=0)
        values = values * np.where(rng.random(values.shape) < flip, -1.0, 1.0)
    return np.eye(len(values)), values


def hierarchy_spectrum(*, levels: int = 5, features: int = 1000, flip: float = 0.1) -> Array:
    r"""Population singular values of Σ³¹, shape ``(2^levels,)``, descending; a sampled task scatters around them.

    With ρ = (1 − 2 flip)², the covariance of two items that part at height h is ρ^h. Its eigenvalues per feature are
    ``1 + Σ_{j<=D} 2^{j-1} ρ^j`` for the constant mode and ``1 + Σ_{j<h} 2^{j-1} ρ^j − 2^{h-1} ρ^h``, 2^{D-h} times, for
    the splits at height h = D … 1; singular values are the roots of ``features`` times these. The latter is written as
    ``(1 − ρ) Σ_{j<h} (2ρ)^j``, which does not cancel where few features flip.

    Source:
        Derived here from the generative model of Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, Fig. 3.

    Example:
        >>> hierarchy_spectrum().round(1)[[0, 1, 2, 4, 8, 16]]
        array([81. , 56. , 46.5, 37.6, 28.6, 19. ])
    """
    levels, features, flip = checked(levels, features, flip)
    rho = (1 - 2 * flip) ** 2
    powers = (2 * rho) ** np.arange(levels)
    splits = [np.full(2 ** (levels - h), 4 * flip * (1 - flip) * powers[:h].sum()) for h in range(levels, 0, -1)]
    return np.sqrt(features * np.concatenate([[1 + rho * powers.sum()], *splits]))


def checked(levels: int, features: int, flip: float) -> tuple[int, int, float]:
    """The same arguments, of a tree that can be."""
    levels = whole_number("hierarchy", "levels", levels, 0, MOST_LEVELS, "there are 2^levels items. Pass 5.")
    features = whole_number("hierarchy", "features", features, 1, MOST_FEATURES, "each is an output. Pass 1000.")
    advice = "beyond one half a branch undoes its parent. Pass 0.1."
    return levels, features, real_number("hierarchy", "flip", flip, "0 <= · <= 0.5", advice)
