"""Features drawn from a Gaussian Markov random field: items that a graph joins are alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.arguments import generator, real_number, whole_number
from deeplinear.arrays import Array, real_array
from deeplinear.messages import shown
from deeplinear.task import Task

MOST_NODES = 8192  # their precision matrix takes half a gigabyte
MOST_FEATURES = 10**9
SINGULAR = 1e-10  # 1/sigma² below this share of the largest degree keeps fewer than six digits


def field(
    adjacency: ArrayLike,
    *,
    features: int = 1000,
    sigma: float = 4.0,
    items: ArrayLike | None = None,
    rng: int | np.random.Generator | None = None,
) -> Task:
    """Name an item, predict its features, on any graph; `ring`, `ordering`, `cluster` and `tree` are such.

    Each feature is one draw of a Gaussian over the nodes with precision ``L + I/sigma²``, L the graph's Laplacian.

    Args:
        adjacency: weights of the edges, shape ``(nodes, nodes)``, symmetric, not negative, diagonal 0.
        features: outputs, drawn independently.
        sigma: > 0; the mean over a connected graph of n nodes has standard deviation sigma/√n.
        items: the nodes that are items; all if not given, others are hidden.
        rng: seed or generator.

    Returns:
        A `Task` with one-hot items as inputs (white: Σ¹¹ = I) and features as outputs.

    Raises:
        ValueError: no such graph, items that are no nodes, or an argument out of range.

    Source:
        Kemp & Tenenbaum 2008, doi:10.1073/pnas.0802631105; Saxe, McClelland & Ganguli 2019,
        doi:10.1073/pnas.1820226116. The default of sigma is ours.

    Example:
        >>> field([[0, 1, 0], [1, 0, 1], [0, 1, 0]], features=20, rng=0).n_out
        20
    """
    features, ground = checked_field("field", features, sigma)
    precision, kept = field_precision(adjacency, ground, items)
    noise = generator("field", rng).standard_normal((len(precision), features))
    drawn = np.linalg.solve(np.linalg.cholesky(precision).T, noise)
    return Task.from_data(np.eye(len(kept)), drawn[kept])


def field_spectrum(
    adjacency: ArrayLike, *, features: int = 1000, sigma: float = 4.0, items: ArrayLike | None = None
) -> Array:
    """Population singular values of Σ³¹, shape ``(items,)``, descending; arguments and errors as in `field`.

    Roots of ``features`` times the eigenvalues of the items' covariance, found numerically; a sampled task scatters
    around them.

    Example:
        >>> field_spectrum([[0, 1], [1, 0]], features=1, sigma=1.0).round(4)
        array([1.    , 0.5774])
    """
    features, ground = checked_field("field", features, sigma)
    precision, kept = field_precision(adjacency, ground, items)
    covariance = np.linalg.inv(precision)[np.ix_(kept, kept)]
    return np.sqrt(features * np.linalg.eigvalsh(covariance)[::-1])


def field_precision(adjacency: ArrayLike, ground: float, items: ArrayLike | None) -> tuple[Array, NDArray[np.int64]]:
    """``L + ground I``, shape ``(nodes, nodes)``, and the indices of the items; arguments and errors as in `field`."""
    edges = real_array("field", "adjacency", adjacency, "real", need="a symmetric adjacency")
    square = edges.ndim == 2 and edges.shape[0] == edges.shape[1] and 0 < len(edges) <= MOST_NODES
    if not (square and np.isfinite(edges).all() and (edges >= 0).all() and (edges == edges.T).all()) or edges.trace():
        raise ValueError(
            f"field needs a symmetric adjacency of up to {MOST_NODES} nodes, entries finite and >= 0, diagonal 0, got "
            f"shape {edges.shape}: precision is its Laplacian. Symmetrise it, and leave out loops."
        )
    kept = (
        np.arange(len(edges))
        if items is None
        else real_array("field", "items", items, "finite", "it names a node. Pass whole numbers.")
    )
    whole = (kept == np.floor(kept)).all()
    if kept.ndim != 1 or not kept.size or not whole or len(set(kept.tolist())) < kept.size:
        raise ValueError(
            f"field needs a list of different nodes, got items={shown(items)}: they are inputs. Name each once."
        )
    if not 0 <= kept.min() <= kept.max() < len(edges):
        raise ValueError(
            f"field needs items in 0 to {len(edges) - 1}, got items={shown(items)}: nodes count from 0. Name nodes there are."
        )
    kept = kept.astype(np.int64)
    degree = float(edges.sum(axis=1).max())
    if ground < SINGULAR * degree:
        raise ValueError(
            f"field needs sigma < {(SINGULAR * degree) ** -0.5:.3g} for this graph, got 1/sigma²={ground:.3g}: float64 would "
            f"lose it beside degrees of {degree:.3g}. Pass a smaller sigma."
        )
    return np.diag(edges.sum(axis=1) + ground) - edges, kept


def checked_field(function: str, features: int, sigma: float) -> tuple[int, float]:
    """A number of features, and ``1/sigma²``, which ties each node to zero.

    Raises:
        ValueError: features that are no positive whole number, or a sigma that is not positive or has no square.
    """
    features = whole(function, "features", features, 1, MOST_FEATURES, "each is an output")
    advice = "precision is the Laplacian plus 1/sigma². Pass 4.0."
    sigma = real_number(function, "sigma", sigma, "> 0", advice)
    if not 1e-150 < sigma < 1e150:
        raise ValueError(f"{function} needs a finite sigma > 0 with a square, got sigma={sigma!r}: {advice}")
    return features, 1 / sigma**2


def whole(function: str, name: str, value: int, least: int, most: float, why: str) -> int:
    """A whole number in a range.

    Raises:
        ValueError: it is none, or beyond.
    """
    return whole_number(function, name, value, least, most, f"{why}. Pass for example {min(max(least, 8), most)}.")
