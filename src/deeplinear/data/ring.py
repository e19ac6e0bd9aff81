"""Items around a ring, as hues are."""

from __future__ import annotations

import numpy as np

from deeplinear.arrays import Array
from deeplinear.data.field import MOST_NODES, checked_field, field, whole
from deeplinear.task import Task


def ring(
    *, items: int = 16, features: int = 1000, sigma: float = 4.0, rng: int | np.random.Generator | None = None
) -> Task:
    """Each item is like its two neighbours; the modes are waves around the ring, in pairs, long ones first.

    Args:
        items: around the ring, 3 or more.
        features: outputs, see `field`.
        sigma: of the field, see `field`.
        rng: seed or generator.

    Raises:
        ValueError: an argument out of range.

    Source:
        Kemp & Tenenbaum 2008; Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116.

    Example:
        >>> ring(items=6, features=50, rng=0).n_in
        6
    """
    items = whole("ring", "items", items, 3, MOST_NODES, "fewer make no ring")
    step = np.roll(np.eye(items), 1, axis=0)
    checked_field("ring", features, sigma)
    return field(step + step.T, features=features, sigma=sigma, rng=rng)


def ring_spectrum(*, items: int = 16, features: int = 1000, sigma: float = 4.0) -> Array:
    """Population singular values ``√(features / (4 sin²(πk/P) + 1/sigma²))``, shape ``(items,)``, descending.

    Arguments and errors as in `ring`; ``k = 0, 1, 1, 2, 2, …`` counts the waves.

    Example:
        >>> ring_spectrum(items=4, features=1, sigma=1.0).round(4)
        array([1.    , 0.5774, 0.5774, 0.4472])
    """
    items = whole("ring", "items", items, 3, MOST_NODES, "fewer make no ring")
    waves = (np.arange(items) + 1) // 2
    laplacian = 4 * np.sin(np.pi * waves / items) ** 2
    features, ground = checked_field("ring", features, sigma)
    return np.sqrt(features / (laplacian + ground))
