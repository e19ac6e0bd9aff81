"""The best that narrow networks can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.arguments import whole_number
from deeplinear.task import Task, a_task

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def best_map(task: Task, rank: int | None = None) -> Array:
    """The map of least loss among those of a given rank, shape ``(n_out, n_in)``; ``task.optimum`` if not given.

    ``W* `` projected on the strongest left singular vectors of ``W* (Σ¹¹)^½``: the loss measures maps on the data, so
    this is the truncation of W* itself only for white inputs.

    Raises:
        ValueError: a rank that is not a whole number from 0.

    Example:
        >>> best_map(Task.from_modes([4.0, 1.0]), rank=1)
        array([[4., 0.],
               [0., 0.]])
    """
    a_task("best_map", task)
    if rank is None:
        return task.optimum
    advice = "it is the width of the narrowest layer. Leave it out for wide networks."
    rank = whole_number("best_map", "rank", rank, 0, advice=advice)
    powers, vectors = task.input_modes
    u = np.linalg.svd((task.optimum @ vectors) * np.sqrt(powers), full_matrices=False)[0][:, :rank]
    return u @ (u.T @ task.optimum)
