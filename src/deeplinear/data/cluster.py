"""Items in groups that share nothing, as kinds of tools are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeplinear.arrays import Array
from deeplinear.data.field import MOST_NODES, checked_field, field, whole
from deeplinear.messages import shown
from deeplinear.task import Task


def cluster(
    *,
    sizes: Sequence[int] = (4, 4, 4, 4),
    features: int = 1000,
    sigma: float = 4.0,
    rng: int | np.random.Generator | None = None,
) -> Task:
    """A partition: each item is like all others of its group, and like no one else.

    Args:
        sizes: items of each group; every pair within a group is joined, groups are not.
        features: outputs, see `field`.
        sigma: of the field, see `field`.
        rng: seed or generator.

    Raises:
        ValueError: an argument out of range.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116; after the partition of Kemp & Tenenbaum 2008, who
        join items through a hidden node instead (`field` with ``items`` does that).

    Example:
        >>> cluster(sizes=[2, 3], features=50, rng=0).n_in
        5
    """
    counts = checked_sizes(sizes)
    groups = np.repeat(np.arange(len(counts)), counts)
    joined = (groups[:, None] == groups) & ~np.eye(len(groups), dtype=bool)
    checked_field("cluster", features, sigma)
    return field(joined, features=features, sigma=sigma, rng=rng)


def cluster_spectrum(*, sizes: Sequence[int] = (4, 4, 4, 4), features: int = 1000, sigma: float = 4.0) -> Array:
    """Population singular values, shape ``(items,)``, descending; arguments and errors as in `cluster`.

    ``√features · sigma`` for the mean of each group, whatever its size, and ``√(features / (m + 1/sigma²))`` for the
    m − 1 differences within a group of m: the larger the group, the later its members are told apart.

    Example:
        >>> cluster_spectrum(sizes=[1, 3], features=1, sigma=2.0).round(4)
        array([2.    , 2.    , 0.5547, 0.5547])
    """
    counts = np.array(checked_sizes(sizes))
    laplacian = np.concatenate([np.zeros(len(counts)), np.repeat(counts, counts - 1)])
    features, ground = checked_field("cluster", features, sigma)
    return np.sqrt(features / (np.sort(laplacian) + ground))


def checked_sizes(sizes: Sequence[int]) -> list[int]:
    """Sizes of groups; errors as `cluster`."""
    try:
        counts = [whole("cluster", "size", size, 1, MOST_NODES, "it counts the items of a group") for size in sizes]
    except TypeError:
        counts = []
    if not 0 < sum(counts) <= MOST_NODES:
        raise ValueError(
            f"cluster needs a list of sizes with 1 to {MOST_NODES} items in all, got sizes={shown(sizes)}: each item is an "
            f"input. Pass for example [4, 4, 4]."
        )
    return counts
