"""Items at the tips of a tree whose inner nodes are hidden; `hierarchy` is its twin with features ±1."""

from __future__ import annotations

import numpy as np

from deeplinear.arrays import Array
from deeplinear.data.field import MOST_NODES, checked_field, field, whole
from deeplinear.task import Task


def tree(
    *,
    levels: int = 3,
    branching: int = 2,
    features: int = 1000,
    sigma: float = 4.0,
    rng: int | np.random.Generator | None = None,
) -> Task:
    """Items are alike by how recently their branches part; broad splits are learned first.

    Args:
        levels: of branches; there are ``branching^levels`` items.
        branching: branches of each node, 2 or more.
        features: outputs, see `field`.
        sigma: of the field over all nodes, hidden ones too, see `field`.
        rng: seed or generator.

    Raises:
        ValueError: an argument out of range, or a tree too large.

    Source:
        Kemp & Tenenbaum 2008 (hidden inner nodes); Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116.

    Example:
        >>> tree(levels=2, branching=3, features=50, rng=0).n_in
        9
    """
    levels, branching = checked_tree(levels, branching)
    tips = branching**levels
    nodes = (branching * tips - 1) // (branching - 1)
    child = np.arange(1, nodes)
    edges = np.zeros((nodes, nodes))
    edges[child, (child - 1) // branching] = 1.0
    checked_field("tree", features, sigma)
    return field(edges + edges.T, features=features, sigma=sigma, items=np.arange(nodes - tips, nodes), rng=rng)


def tree_spectrum(*, levels: int = 3, branching: int = 2, features: int = 1000, sigma: float = 4.0) -> Array:
    r"""Population singular values of Σ³¹, shape ``(branching^levels,)``, descending; arguments and errors as in `tree`.

    Read precisions as conductances to ground, ``g = 1/sigma²`` at every node and 1 along every branch. By symmetry a mode
    gives all nodes of one height below its split the same size, and the split itself stays at 0. A node just below the
    split then has conductance ``k = g + 1``; one height lower each of b siblings takes its share of the parent's,
    ``k ← g + k/(b + k)``, and so on down to the tips, where the eigenvalue of the covariance is 1/k. The constant mode
    starts with ``k = g`` at the root. A split at height h has ``(b − 1) b^{D−h}`` modes, D the number of levels.

    Source:
        Derived here, by eliminating the hidden nodes from the root down.

    Example:
        >>> tree_spectrum(levels=1, features=1, sigma=1.0).round(4)
        array([0.866 , 0.7071])
    """
    levels, branching = checked_tree(levels, branching)
    features, ground = checked_field("tree", features, sigma)

    def tip(k: float, heights: int) -> float:
        for _ in range(heights):
            k = ground + k / (branching + k)
        return k

    splits = [
        np.full((branching - 1) * branching ** (levels - h), tip(ground + 1, h - 1)) for h in range(levels, 0, -1)
    ]
    return np.sqrt(features / np.concatenate([[tip(ground, levels)], *splits]))


def checked_tree(levels: int, branching: int) -> tuple[int, int]:
    """Levels and branching of a tree that fits; errors as `tree`."""
    levels = whole("tree", "levels", levels, 0, 13, "items are branching^levels")
    branching = whole("tree", "branching", branching, 2, MOST_NODES, "a split has two sides or more")
    if (branching ** (levels + 1) - 1) // (branching - 1) > MOST_NODES:
        raise ValueError(
            f"tree needs at most {MOST_NODES} nodes, got levels={levels} and branching={branching}: its precision matrix "
            f"would not fit. Pass fewer levels."
        )
    return levels, branching
