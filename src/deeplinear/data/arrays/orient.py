"""Examples in rows: where the axis of examples is another one, it is moved to the front, and said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.stored import Stored


def check_shapes(files: tuple[str, str], x: Stored, y: Stored) -> None:
    """Refuse arrays without examples, or targets that are a single value, before they are read.

    Raises:
        ValueError: says which.
    """
    for each, side, file in ((x, "inputs", files[0]), (y, "targets", files[1])):
        if each.shape == ():
            raise ValueError(
                f"load_file needs {side} for every example, got a single value in {each.name} of {file}: it has no axis of examples. Save "
                f"one value or row for each example."
            )
        if 0 in each.shape:
            raise ValueError(
                f"load_file needs at least one example and one number in each, got {each} in {file}: it is empty. Check how it was saved."
            )


def orient(
    files: tuple[str, str], x: Stored, y: Stored, xs: NDArray, ys: NDArray
) -> tuple[NDArray, NDArray, list[str]]:
    """Inputs ``(examples, …)`` and targets ``(examples,)`` or ``(examples, n_out)``, and what was turned.

    Args:
        files: names of those of inputs and of targets, for messages.
        x: what the header of inputs says.
        y: what the header of targets says.
        xs: inputs.
        ys: targets.

    Raises:
        ValueError: no axis of one is as long as the axis of examples of the other.
    """
    notes = []
    if len(xs) != len(ys) and ys.ndim == 2 and ys.shape[0] == 1:
        ys = ys[0]
        if len(xs) == len(ys):
            notes.append(f"{y.name} is a row and was read as a column")
    if len(xs) != len(ys) and xs.ndim > 1 and xs.shape[-1] == len(ys):
        xs = np.moveaxis(xs, -1, 0)
        notes.append(f"examples lie along the last axis of {x.name}")
    if len(xs) != len(ys) and xs.ndim == 2 and ys.ndim == 2 and xs.shape[1] == ys.shape[1]:
        xs, ys = xs.T, ys.T
        notes.append(f"examples lie along the last axis of {x.name} and {y.name}")
    if len(xs) != len(ys):
        found = f"{x} and {y} in {files[0]}" if files[0] == files[1] else f"{x} in {files[0]} and {y} in {files[1]}"
        raise ValueError(
            f"load_file needs as many targets as inputs, got {found}: each row of one belongs to a row of the other. Check how "
            f"they were saved."
        )
    return xs, ys[:, 0] if ys.ndim == 2 and ys.shape[1] == 1 else ys, notes
