"""MNIST from its published IDX files."""

from __future__ import annotations

from typing import Literal

import numpy as np

from deeplinear.arrays import Array
from deeplinear.data.arrays.idx import idx
from deeplinear.data.fetch import CHECKSUMS, published
from deeplinear.task import Inputs, Task

FILES = {"train": tuple(CHECKSUMS)[:2], "test": tuple(CHECKSUMS)[2:]}


def mnist(*, examples: int = 50_000, inputs: Inputs = "white", reduction: Literal["sum", "mean"] = "sum") -> Task:
    """The paper's task: the first 50 000 training images, pixels in [0, 1], ten one-hot classes.

    Files come from the folder that the environment variable ``DEEPLINEAR_DATA`` names, directly or from ``mnist/``
    under it; where they are not there, they are downloaded once, their checksums verified, and kept.

    Args:
        examples: how many training images, 1 to 60 000.
        inputs: ``"raw"``, ``"centred"`` or ``"white"`` (711 directions vary), see `Task.from_data`.
        reduction: ``"sum"`` or ``"mean"`` over examples.

    Returns:
        A `Task` with 784 inputs, 711 where white, and 10 outputs.

    Raises:
        ValueError: a wrong number, or a file that is not what was published.
        ConnectionError: no local copy and no download.

    Source:
        Le Cun, Bottou, Bengio & Haffner 1998; Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, appendix C. The paper
        does not say whether inputs were whitened; its window of learning rates fits white ones.
    """
    x, y = load_mnist("train", examples)
    return Task.from_data(x, y, inputs=inputs, reduction=reduction)


def load_mnist(split: Literal["train", "test"] = "train", examples: int | None = None) -> tuple[Array, Array]:
    """Images ``(examples, 784)`` in [0, 1] and one-hot labels ``(examples, 10)``; errors as `mnist`.

    Args:
        split: ``"train"``, 60 000 images, or ``"test"``, 10 000.
        examples: only the first so many; all if not given.
    """
    if split not in FILES:
        raise ValueError(f"load_mnist needs split in train, test, got split={split!r}: there are no others. Pick one.")
    images, labels = (idx(published(name)) for name in FILES[split])
    count = len(images) if examples is None else examples
    if not isinstance(count, (int, np.integer)) or not 1 <= count <= len(images) or len(images) != len(labels):
        raise ValueError(
            f"load_mnist needs a whole number 1 <= examples <= {len(images)}, got examples={examples!r}: the split has no "
            f"more. Leave it out for all."
        )
    pixels = np.divide(images[:count].reshape(count, -1), 255.0)
    return pixels, np.eye(10)[labels[:count]]
