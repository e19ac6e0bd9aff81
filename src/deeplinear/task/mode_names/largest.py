"""The largest of some weights by name, in words that do not depend on rounding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from deeplinear.arrays import Array

LEVEL = 2 / 3  # of the largest: weights of less than this are not named
LISTED = 3  # names that a list has before it says how many more there are
LONGEST = 40  # characters of a name
SAME = 1e-6  # weights that differ by less than this share of the largest are taken as equal, whatever rounding says


def by_size(weights: Array) -> list[int]:
    """Positions in descending order of absolute weight; equal weights in the order in which they stand."""
    sizes = np.abs(weights)
    order = np.argsort(-sizes, kind="stable")
    steps = np.flatnonzero(-np.diff(sizes[order]) > SAME * sizes.max()) + 1
    return [int(i) for run in np.split(order, steps) for i in np.sort(run)]


def large(weights: Array) -> list[int]:
    """Positions of weights with at least two thirds of the largest, by size."""
    least = LEVEL * (1 - SAME) * np.abs(weights).max()
    return [i for i in by_size(weights) if abs(weights[i]) >= least]


def signed_list(names: Sequence[str], weights: Array, chosen: Sequence[int]) -> str:
    """The first of the chosen names: those of positive weight, then "less" and those of negative weight.

    Example:
        >>> signed_list(["height", "age", "mass"], np.array([0.9, -0.7, 0.8]), [0, 2, 1])
        'height, mass, less age'
    """
    first = chosen[:LISTED]
    positive, negative = ([names[i] for i in first if (weights[i] < 0) == sign] for sign in (False, True))
    parts = [one_line(positive)] if positive else []
    parts += [f"less {one_line(negative)}"] if negative else []
    return counted(", ".join(parts), len(chosen))


def plain_list(names: Sequence[str], chosen: Sequence[int]) -> str:
    """The first of the chosen names, and how many more there are."""
    return counted(one_line(names[i] for i in chosen[:LISTED]), len(chosen))


def one_line(names: Iterable[str]) -> str:
    """Names with commas, without line breaks, long ones cut."""
    flat = (" ".join(name.split()) for name in names)
    return ", ".join(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in flat)


def counted(text: str, count: int) -> str:
    """A list, and how many of ``count`` names it does not show."""
    return f"{text} and {count - LISTED} more" if count > LISTED else text
