"""One category in noise: some items share some features, and how coherently decides whether and when it is learned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deeplinear.arguments import generator, real_number
from deeplinear.data.field import whole
from deeplinear.task import Task

MOST = 10**6


class CategoryMode(NamedTuple):
    """What the strongest mode of a planted category is, for many items and features.

    Attributes:
        coherence: ``C = SNR K_i K_f / √(N_i N_f)``; the category can be found where ``C > 1``.
        s: singular value of Σ³¹, which sets the time to learn; that of pure noise where ``C <= 1``.
        item_overlap: squared cosine of the mode's items and the members, 0 to 1.
        feature_overlap: squared cosine of the mode's features and the shared ones.
    """

    coherence: float
    s: float
    item_overlap: float
    feature_overlap: float


def category(
    *,
    items: int = 200,
    features: int = 400,
    members: int = 50,
    shared: int = 100,
    inside: float = 0.8,
    outside: float = 0.2,
    rng: int | np.random.Generator | None = None,
) -> Task:
    """The first ``members`` items have each of the first ``shared`` features more often than others.

    Args:
        items: all items, one-hot inputs (white: Σ¹¹ = I).
        features: all features; present 1, absent 0, less the mean ``outside``.
        members: items of the category.
        shared: features that belong to it.
        inside: probability that a member has a shared feature.
        outside: probability of any other pair, in (0, 1).
        rng: seed or generator.

    Raises:
        ValueError: an argument out of range.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116, category coherence.

    Example:
        >>> category(items=20, features=30, members=5, shared=10, rng=0).n_out
        30
    """
    items, features, members, shared, inside, outside = checked(items, features, members, shared, inside, outside)
    chances = np.full((items, features), float(outside))
    chances[:members, :shared] = inside
    present = generator("category", rng).random((items, features)) < chances
    return Task.from_data(np.eye(items), present - outside)


def category_mode(
    *,
    items: int = 200,
    features: int = 400,
    members: int = 50,
    shared: int = 100,
    inside: float = 0.8,
    outside: float = 0.2,
) -> CategoryMode:
    r"""Coherence of a category, its singular value and how well its mode shows it; arguments and errors as in `category`.

    With ``SNR = (p − q)² / (q(1 − q))``, ``C = SNR K_i K_f / √(N_i N_f)`` and ``r = √(N_i / N_f)``, for C > 1

        ``s² = q(1 − q) √(N_i N_f) (C + r)(C + 1/r) / C``,

    and squared overlaps ``(C² − 1) / (C (C + r))`` for items, ``(C² − 1) / (C (C + 1/r))`` for features. For C <= 1 the
    noise hides the category: s is the edge ``√(q(1 − q)) (√N_i + √N_f)`` and the overlaps are 0.

    Exact in the limit of many items and features if noise is as strong inside as outside, ``p = 1 − q``, or the category
    is a small part of the whole; up to 5 % off for rare features (0.1 outside, 0.3 to 0.5 inside) in a quarter of the items.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116 (coherence); Benaych-Georges & Nadakuditi 2012,
        doi:10.1016/j.jmva.2012.04.019 (one singular value in noise), written in terms of C.

    Example:
        >>> found = category_mode(members=50, shared=100)
        >>> round(found.coherence, 2), round(found.s, 1), round(found.item_overlap, 2)
        (39.77, 43.6, 0.98)
    """
    items, features, members, shared, inside, outside = checked(items, features, members, shared, inside, outside)
    noise = outside * (1 - outside)
    size, ratio = np.sqrt(items * features), np.sqrt(items / features)
    c = float((inside - outside) ** 2 / noise * members * shared / size)
    if c <= 1:
        return CategoryMode(c, float(np.sqrt(noise) * (np.sqrt(items) + np.sqrt(features))), 0.0, 0.0)
    s = np.sqrt(noise * size * (c + ratio) * (c + 1 / ratio) / c)
    return CategoryMode(c, float(s), float((c - 1 / c) / (c + ratio)), float((c - 1 / c) / (c + 1 / ratio)))


def checked(
    items: int, features: int, members: int, shared: int, inside: float, outside: float
) -> tuple[int, int, int, int, float, float]:
    """The same arguments, of a category that can be."""
    items = whole("category", "items", items, 1, MOST, "each is an input")
    features = whole("category", "features", features, 1, MOST, "each is an output")
    members = whole("category", "members", members, 1, items, "members are items")
    shared = whole("category", "shared", shared, 1, features, "shared features are features")
    inside = real_number("category", "inside", inside, "0 <= · <= 1", "it is a probability. Pass 0.8.")
    advice = "it is a probability, and features that never vary outside are no noise. Pass 0.2."
    return items, features, members, shared, inside, real_number("category", "outside", outside, "0 < · < 1", advice)
