"""The two groups of classes that a mode tells apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeplinear.arrays import Array
from deeplinear.task.mode_names.largest import LISTED, SAME, by_size, plain_list

ONE_AGAINST_REST = 0.9  # share of the squared weights from which one class against all others is the better name
LARGEST_GROUP = 100  # classes in a group that is searched for


def contrast(classes: Sequence[str], weights: Array) -> tuple[list[int], str]:
    """The groups of classes that fit a mode's weights best, in words.

    One class against all others where that explains nine tenths of the squared weights. Otherwise the groups, of p and n
    classes, for which 1/p on the first, −1/n on the second and 0 elsewhere has the largest cosine with the weights. With
    centred inputs the weights of classes sum to zero. With raw ones they do not, and the second group may be empty.

    Args:
        classes: names, shape ``(n_out,)``.
        weights: of the classes in the mode, shape ``(n_out,)``, the largest of them positive, ``Σ weights² = 1``.

    Returns:
        Positions of the classes that the words name, first group first, and the words.

    Example:
        >>> contrast(["ant", "bee", "cat"], np.array([2.0, -1.0, -1.0]) / np.sqrt(6))[1]
        'ant against the rest'
        >>> contrast(["ant", "bee", "cat"], np.array([1.0, 0.0, -1.0]) / np.sqrt(2))[1]
        'ant against cat'
    """
    order = by_size(weights)
    positive = [i for i in order if weights[i] > SAME]
    negative = [i for i in order if weights[i] < -SAME]
    rest = [i for i in order if i != positive[0]]
    if len(rest) > 1 and weights[rest].sum() < 0 and one_against_rest(weights, positive[0]) >= ONE_AGAINST_REST:
        return positive[:1], f"{classes[positive[0]]} against the rest"
    p, n = sizes_of_groups(weights[positive], weights[negative])
    first, second = positive[:p], negative[:n]
    if p == len(classes):
        return first, "all classes"
    if not second:
        return first, plain_list(classes, first)
    if p + n == len(classes) and n > LISTED:
        return first, f"{plain_list(classes, first)} against the rest"
    return [*first, *second], f"{plain_list(classes, first)} against {plain_list(classes, second)}"


def one_against_rest(weights: Array, one: int) -> float:
    """Squared cosine of the weights with 1 for one class and −1/(n − 1) for each other."""
    others = len(weights) - 1
    return float((weights[one] - (weights.sum() - weights[one]) / others) ** 2 / (1 + 1 / others))


def sizes_of_groups(positive: Array, negative: Array) -> tuple[int, int]:
    """How many of the positive and of the negative weights, largest first, make the groups.

    Equal weights stay together by themselves: the squared cosine is convex in how many of them a group takes.
    """
    p = np.arange(1, min(len(positive), LARGEST_GROUP) + 1)
    n = np.arange(min(len(negative), LARGEST_GROUP) + 1)
    heights, depths = np.cumsum(positive)[p - 1] / p, np.append(0.0, np.cumsum(negative)[n[1:] - 1] / n[1:])
    squares = 1 / p[:, None] + np.where(n > 0, 1 / np.maximum(n, 1), 0.0)
    cosines = (heights[:, None] - depths) / np.sqrt(squares)
    i, j = np.argwhere(cosines >= (1 - SAME) * cosines.max())[0]  # the smallest groups, where several fit alike
    return int(p[i]), int(n[j])
