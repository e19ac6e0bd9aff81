"""Modes in words: the features that a mode responds to, and the targets that it produces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.arrays import Array
from deeplinear.task.directions import SUMS
from deeplinear.task.mode_names.contrast import contrast
from deeplinear.task.mode_names.largest import LISTED, SAME, by_size, large, signed_list
from deeplinear.task.mode_names.loadings import loadings

if TYPE_CHECKING:
    from deeplinear.task.correlations import Correlations

__all__ = ["ModeName", "loadings", "mode_names"]

TIED = 1e-6  # radians that rounding may turn a mode before it counts as one of several with the same singular value


@dataclass(frozen=True)
class ModeName:
    """The features and targets with the largest weight in a mode.

    Attributes:
        text: the name, such as ``petal length, petal width → setosa against the rest``.
        features: names and loadings, largest first; three at most.
        more_features: how many further features have two thirds of the largest loading.
        targets: names and weights of the targets, or of the classes, that the name speaks of.
        mixed_with: numbers, from 1, of other modes with the same singular value. Such modes have no direction of their own,
            so they share a name, and loadings and weights are norms over all of them.
    """

    text: str
    features: tuple[tuple[str, float], ...]
    more_features: int
    targets: tuple[tuple[str, float], ...]
    mixed_with: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.text

    def record(self) -> dict[str, Any]:
        """The name as a dictionary that JSON can hold."""
        return {
            "name": self.text,
            "features": [{"name": name, "loading": value} for name, value in self.features],
            "more_features": self.more_features,
            "targets": [{"name": name, "weight": value} for name, value in self.targets],
            "mixed_with": list(self.mixed_with),
        }


def mode_names(task: Correlations) -> tuple[ModeName, ...]:
    """A name for each mode that there is to learn; no names where the task does not know those of its features.

    A mode is named for the sign at which its largest target is positive, and where that is a tie, its largest loading. The
    word "less" stands before names of negative weight.

    Args:
        task: made from examples.

    Returns:
        Names, shape ``(rank,)``, strongest mode first.
    """
    loadings, columns = task.loadings, task.columns
    if loadings is None or columns is None:
        return ()
    found: list[ModeName] = []
    for group in tied_modes(task.modes.s[: task.rank]):
        if len(group) > 1:
            features, targets = (np.linalg.norm(each[:, group], axis=1) for each in (loadings, task.modes.u))
        else:
            features, targets = oriented(loadings[:, group[0]], task.modes.u[:, group[0]])
        strong = large(features)
        if columns.kind == "classes" and len(group) == 1:
            named, outcome = contrast(columns.targets, targets)
        else:
            named = large(targets)
            outcome = signed_list(columns.targets, targets, named)
        text = f"{signed_list(columns.features, features, strong)} → {outcome}"
        for mode in group:
            others = tuple(other + 1 for other in group if other != mode)
            mixed = f" (mixed with mode{'s' if len(others) > 1 else ''} {', '.join(map(str, others))})"
            found.append(
                ModeName(
                    text + (mixed if others else ""),
                    tuple((columns.features[i], float(features[i])) for i in strong[:LISTED]),
                    max(0, len(strong) - LISTED),
                    tuple((columns.targets[i], float(targets[i])) for i in named),
                    others,
                )
            )
    return tuple(found)


def tied_modes(s: Array) -> list[list[int]]:
    """Modes grouped by their singular values, descending, as far as rounding lets them be told apart."""
    least = SUMS * np.finfo(float).eps * s[0] / TIED if len(s) else 0.0
    return [group.tolist() for group in np.split(np.arange(len(s)), np.flatnonzero(-np.diff(s) > least) + 1)]


def oriented(loadings: Array, weights: Array) -> tuple[Array, Array]:
    """A mode with the sign at which its largest target is positive, or where targets of both signs tie, its largest loading."""
    largest = weights[np.abs(weights) >= (1 - SAME) * np.abs(weights).max()]
    decisive = largest if np.ptp(np.sign(largest)) == 0 else loadings[by_size(loadings)]
    return (loadings, weights) if decisive[0] >= 0 else (-loadings, -weights)
