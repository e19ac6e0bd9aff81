"""Progressive differentiation: when the network first tells items apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.curve import Curve
from deeplinear.development.similarity import checked, gaps, share_of_depth
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.arrays import Array

ALIKE = 1e-26  # share of the largest squared distance below which items are alike but for rounding


@dataclass(frozen=True)
class Split:
    """Two groups of items that part.

    Attributes:
        left: items of one group.
        right: items of the other.
        time: when the squared distance of the two mean activities reached the asked fraction of its final value; infinite
            if it did not within the curve.
        mode: the mode, from 0, with the largest part in that final distance.
        share: its part, 0 to 1; where 1, `time` is the time to learn this mode.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    time: float
    mode: int
    share: float


def splits(curve: Curve, task: Task, *, fraction: float = 0.5, depth: int = 2, layer: int = 1) -> tuple[Split, ...]:
    r"""The tree of items, and when each of its splits is learned.

    The tree joins items by mean distance in the fully trained layer. The squared distance of two groups' mean activities is
    ``Σ_α |a_α(t)|^{2l/L} (v̄_α^left − v̄_α^right)²``. Items on a symmetric tree have one mode for each split, so in the
    hidden layer of two a split is half learned with its mode, at ``tau/(2s) ln(s/u0 − 1)``: broad before fine, as s is
    larger for broader splits.

    Args:
        curve: from a law or from descent on this task, one start and rate.
        task: one-hot items, white.
        fraction: of the final squared distance, in (0, 1).
        depth: see `representations`.
        layer: see `representations`.

    Returns:
        Splits from the root down, by final distance; items that the task does not tell apart are not split.

    Raises:
        ValueError: as `representations`, a batched curve, or a fraction out of range.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116, progressive differentiation; the reading by mean
        activities is ours.

    Example:
        >>> from deeplinear import Task, initial, solve
        >>> tree = [[1, 1, 1, 1], [1, 1, -1, -1], [0.5, -0.5, 0, 0], [0, 0, 0.4, -0.4]]
        >>> task = Task.from_correlations(np.eye(4), tree)
        >>> law = solve(task, initial.decoupled(task, [4, 4, 4], strength=1e-3, rng=0))
        >>> for split in splits(law(np.linspace(0, 10, 1001)), task):
        ...     print(split.left, split.right, round(split.time, 2), round(float(law.half_times[split.mode]), 2))
        (0, 1) (2, 3) 1.9 1.9
        (0,) (1,) 4.64 4.64
        (2,) (3,) 5.6 5.6
    """
    checked("splits", curve, task)
    if curve.strengths.ndim != 2:
        raise ValueError(
            f"splits needs one start and one rate, got strengths of shape {curve.strengths.shape}: each run has its own times. "
            f"Pass them one by one."
        )
    powers = np.square(share_of_depth("splits", curve, task, depth, layer))
    final = np.square(targets(task, depth, layer))
    pairs = joined(task.modes.v * np.sqrt(final))
    if not pairs:
        return ()
    apart = np.array([np.square(centre(task, a) - centre(task, b)) for a, b in pairs])
    times = reached(curve.times, powers @ apart.T, apart @ final, fraction)
    parts = apart * final
    known = distinct(parts.sum(axis=1)) > 0
    return tuple(
        Split(a, b, float(time), int(part.argmax()), float(part.max() / part.sum()))
        for (a, b), time, part, there in zip(pairs, times, parts, known, strict=True)
        if there
    )


def separation_times(curve: Curve, task: Task, *, fraction: float = 0.5, depth: int = 2, layer: int = 1) -> Array:
    """Time at which each pair's squared distance first reaches this fraction of its final value.

    Interpolated linearly between recorded times; arguments and errors as in `splits`, batches welcome.

    Returns:
        Shape ``(..., items, items)``; infinite on the diagonal, for items that stay alike, and where the curve ends first.
    """
    paths = np.square(share_of_depth("separation_times", curve, task, depth, layer)) @ gaps(task).T
    final = np.square(targets(task, depth, layer)) @ gaps(task).T
    return reached(curve.times, paths, final, fraction).reshape(*paths.shape[:-2], task.n_in, task.n_in)


def pairs_distinguished(curve: Curve, task: Task, *, fraction: float = 0.5, depth: int = 2, layer: int = 1) -> Array:
    """Number of pairs of items that were told apart by each time, shape ``(..., T)``; see `separation_times`."""
    times = separation_times(curve, task, fraction=fraction, depth=depth, layer=layer)
    pairs = times[..., *np.triu_indices(task.n_in, 1)]
    return (pairs[..., None, :] <= curve.times[:, None]).sum(axis=-1)


def targets(task: Task, depth: int, layer: int) -> Array:
    """``|a_α|^{l/L}`` of the best linear map, shape ``(k,)``."""
    known = np.arange(len(task.targets)) < task.rank  # a small power of round-off is not small
    return np.where(known, np.abs(task.targets), 0.0) ** (layer / depth)


def distinct(squares: Array) -> Array:
    """Squared distances without those that are the square of rounding."""
    return np.where(squares > ALIKE * squares.max(initial=0.0), squares, 0.0)


def reached(times: Array, paths: Array, final: Array, fraction: float) -> Array:
    """When paths ``(..., T, n)`` first reach a fraction of ``final``, shape ``(..., n)``; infinite for never."""
    found = Curve(times, times, paths, distinct(final)).learning_time(fraction)
    return np.where(np.isnan(found), np.inf, found)


def joined(points: Array) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Groups that average linkage joins, last first."""
    from scipy.cluster.hierarchy import linkage

    if len(points) < 2:
        return []
    groups: list[tuple[int, ...]] = [(i,) for i in range(len(points))]
    pairs = []
    for left, right in linkage(points, "average")[:, :2].astype(int):
        pairs.append((min(groups[left], groups[right]), max(groups[left], groups[right])))
        groups.append(tuple(sorted(groups[left] + groups[right])))
    return pairs[::-1]


def centre(task: Task, group: tuple[int, ...]) -> Array:
    """Mean of the items' rows of V, shape ``(k,)``."""
    return task.modes.v[list(group)].mean(axis=0)
