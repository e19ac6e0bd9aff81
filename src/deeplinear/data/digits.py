"""Handwritten digits that come with scikit-learn: real images without a download."""

from __future__ import annotations

from typing import Literal

import numpy as np

from deeplinear.arrays import Array
from deeplinear.task import Inputs, Task


def digits(*, inputs: Inputs = "white", reduction: Literal["sum", "mean"] = "sum") -> Task:
    """1797 images of 8 × 8 pixels in [0, 1], ten one-hot classes.

    Args:
        inputs: ``"raw"``, ``"centred"`` or ``"white"``, see `Task.from_data`.
        reduction: ``"sum"`` or ``"mean"`` over examples.

    Returns:
        A `Task` with 64 inputs, 61 where white, and 10 outputs.

    Raises:
        ValueError: another value for ``inputs`` or ``reduction``.

    Source:
        Alpaydin & Kaynak 1998, optical recognition of handwritten digits, as embedded in scikit-learn.

    Example:
        >>> digits().n_out
        10
    """
    x, y = load_digits()
    return Task.from_data(x, y, inputs=inputs, reduction=reduction)


def load_digits() -> tuple[Array, Array]:
    """Images ``(1797, 64)`` and one-hot labels ``(1797, 10)`` of `digits`."""
    from sklearn.datasets import load_digits  # a second to load

    x, labels = load_digits(return_X_y=True)
    return np.asarray(x) / 16, np.eye(10)[labels]
