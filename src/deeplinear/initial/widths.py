"""Checks that every start shares: layer widths and scales."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arrays import Array, real_array
from deeplinear.memory import require_memory
from deeplinear.messages import shown
from deeplinear.task import Task, a_task


def checked_widths(
    function: str, widths: Sequence[int], task: Task | None = None, *, formed: bool = True
) -> tuple[int, ...]:
    """Layer widths ``(n_in, …, n_out)`` as a tuple of at least two, after checking them, against the task and the memory.

    Args:
        function: for messages.
        widths: as the user gave them.
        task: whose inputs and outputs are the ends.
        formed: whether matrices of these widths will be.
    """
    if task is not None:
        a_task(function, task)
    try:
        whole = tuple(operator.index(w) for w in widths)
    except TypeError:
        whole = ()
    if len(whole) < 2 or min(whole) < 1:
        raise ValueError(
            f"{function} needs at least two whole widths >= 1, got widths={shown(widths)}: they run from inputs to outputs. "
            f"Pass for example [784, 1000, 10]."
        )
    if task is not None and (whole[0], whole[-1]) != (task.n_in, task.n_out):
        raise ValueError(
            f"{function} needs widths from {task.n_in} to {task.n_out}, got widths={shown(widths)}: the ends are the task's "
            f"inputs and outputs. Whitening changes the number of inputs: use task.n_in."
        )
    if formed:
        layers = [rows * columns for rows, columns in pairwise(whole)]
        remedy = "Pass smaller widths, or sample the narrow network directly: deeplinear.initial.reduced_orthogonal."
        what = f"{len(layers)} layers of width {max(whole)}"
        require_memory(function, 8.0 * (sum(layers) + 3 * max(layers)), what, remedy)  # a frame is made from two more
    return whole


def checked_scales(
    function: str, name: str, scales: ArrayLike, count: int, what: str, *, zero_learns: bool = False
) -> Array:
    """One scale > 0 for each of ``count`` layers or modes, from one number or as many; >= 0 where zero learns too."""
    sign = ">=" if zero_learns else ">"
    need = f"{name} {sign} 0, one number or one for each of {count} {what}"
    array = real_array(function, name, scales, "real", need=need)
    allowed = np.isfinite(array) & ((array >= 0) if zero_learns else (array > 0))
    if array.shape not in ((), (1,), (count,)) or not allowed.all():
        why, number = (
            ("signs belong to the weights", "number that is not negative")
            if zero_learns
            else ("zero never learns and signs belong to the weights", "small positive number")
        )
        raise ValueError(f"{function} needs {need}, got {name}={shown(scales)}: {why}. Pass a {number}.")
    return np.broadcast_to(array, (count,))
