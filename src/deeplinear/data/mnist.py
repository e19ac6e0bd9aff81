"""MNIST from its published IDX files."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.fetch import CHECKSUMS, published
from deeplinear.task import Array, Inputs, Task

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


def idx(path: Path) -> NDArray[np.uint8]:
    """An IDX file of bytes as an array: two zero bytes, type 8, number of axes, big-endian sizes, data.

    Raises:
        ValueError: not gzip, cut short, or not an IDX file of bytes.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"idx needs a whole gzip file, got {path.name} which is truncated or not gzip ({error}). Fetch it again."
        ) from error
    axes = content[3] if len(content) > 3 and content[:3] == b"\0\0\x08" else 0
    header = 4 + 4 * axes
    shape = [int(size) for size in np.frombuffer(content, ">u4", axes, 4)] if len(content) >= header else []
    if not axes or len(content) != header + math.prod(shape):
        raise ValueError(
            f"idx needs a header and as many bytes as it announces, got {path.name} with {len(content)} bytes: not an IDX "
            f"file of bytes, or cut short. Fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
