"""Items in a row, as sizes are."""

from __future__ import annotations

import numpy as np

from deeplinear.arrays import Array
from deeplinear.data.field import MOST_NODES, checked_field, field, whole
from deeplinear.task import Task


def ordering(
    *, items: int = 16, features: int = 1000, sigma: float = 4.0, rng: int | np.random.Generator | None = None
) -> Task:
    """Each item is like the one before and the one after; the first mode that tells items apart sorts them.

    Args:
        items: in the row.
        features: outputs, see `field`.
        sigma: of the field, see `field`.
        rng: seed or generator.

    Raises:
        ValueError: an argument out of range.

    Source:
        Kemp & Tenenbaum 2008 (chain); Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116.

    Example:
        >>> ordering(items=6, features=50, rng=0).n_in
        6
    """
    items = whole("ordering", "items", items, 1, MOST_NODES, "each is an input")
    step = np.eye(items, k=1)
    checked_field("ordering", features, sigma)
    return field(step + step.T, features=features, sigma=sigma, rng=rng)


def ordering_spectrum(*, items: int = 16, features: int = 1000, sigma: float = 4.0) -> Array:
    """Population singular values ``√(features / (4 sin²(πk/2P) + 1/sigma²))``, ``k = 0 … P − 1``, descending.

    Arguments and errors as in `ordering`.

    Example:
        >>> ordering_spectrum(items=2, features=1, sigma=1.0).round(4)
        array([1.    , 0.5774])
    """
    items = whole("ordering", "items", items, 1, MOST_NODES, "each is an input")
    laplacian = 4 * np.sin(np.pi * np.arange(items) / (2 * items)) ** 2
    features, ground = checked_field("ordering", features, sigma)
    return np.sqrt(features / (laplacian + ground))
