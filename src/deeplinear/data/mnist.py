"""MNIST from its IDX files: downloaded once and checked, or from a folder that has them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deeplinear.task import Array, Inputs, Task

SOURCES = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
FILES = {"train": tuple(CHECKSUMS)[:2], "test": tuple(CHECKSUMS)[2:]}


def mnist(*, examples: int = 50_000, inputs: Inputs = "white", reduction: Literal["sum", "mean"] = "sum") -> Task:
    """The paper's task: the first 50 000 training images, pixels in [0, 1], ten one-hot classes.

    Args:
        examples: how many training images, 1 to 60 000.
        inputs: ``"raw"``, ``"centred"`` or ``"white"`` (704 directions vary), see `Task.from_data`.
        reduction: ``"sum"`` or ``"mean"`` over examples.

    Raises:
        ValueError: a wrong number, or a file that is not what was published.
        ConnectionError: no local copy and no download.

    Source:
        Le Cun, Bottou, Bengio & Haffner 1998; Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, appendix C.
    """
    x, y = load_mnist("train", examples)
    return Task.from_data(x, y, inputs=inputs, reduction=reduction)


def load_mnist(
    split: Literal["train", "test"] = "train", examples: int | None = None
) -> tuple[NDArray[np.float32], Array]:
    """Images ``(examples, 784)`` in [0, 1], float32, and one-hot labels ``(examples, 10)``; errors as `mnist`."""
    if split not in FILES:
        raise ValueError(f"load_mnist needs split in train, test, got split={split!r}: there are no others.")
    images, labels = (idx(located(name)) for name in FILES[split])
    count = len(images) if examples is None else examples
    if not 1 <= count <= len(images) or len(images) != len(labels):
        raise ValueError(
            f"load_mnist needs 1 <= examples <= {len(images)}, got examples={examples!r}: the split has no more. "
            f"Leave it out for all."
        )
    return images[:count].reshape(count, -1) / np.float32(255), np.eye(10)[labels[:count]]


def located(name: str) -> Path:
    """Path of a checked copy: in the folder named by ``DEEPLINEAR_DATA``, else in the user's cache, else downloaded."""
    import pooch

    folder = os.environ.get("DEEPLINEAR_DATA")
    if folder:
        for path in (Path(folder) / name, Path(folder) / "mnist" / name):
            if path.exists():
                found = pooch.file_hash(str(path))
                if found != CHECKSUMS[name]:
                    raise ValueError(
                        f"mnist needs {name} as published (SHA-256 {CHECKSUMS[name][:12]}…), got {found[:12]}… with "
                        f"{path.stat().st_size} bytes in DEEPLINEAR_DATA: truncated or another file. Fetch it again."
                    )
                return path
    cache = pooch.os_cache("deeplinear")
    quiet, level = pooch.get_logger(), pooch.get_logger().level
    quiet.setLevel("ERROR")
    trouble: Exception | None = None
    try:
        for source in SOURCES:
            try:
                return Path(pooch.retrieve(source + name, f"sha256:{CHECKSUMS[name]}", fname=name, path=cache))
            except (OSError, ValueError) as error:  # unreachable, refused, or another file: try the next source
                trouble = error
    finally:
        quiet.setLevel(level)
    if isinstance(trouble, ValueError):
        raise ValueError(
            f"mnist needs {name} as published (SHA-256 {CHECKSUMS[name][:12]}…), got another file from every source: a "
            f"truncated download, or a proxy in between. Try again, or point DEEPLINEAR_DATA at a folder with the files."
        ) from trouble
    raise ConnectionError(
        f"mnist needs {name}, got no local copy and no download ({type(trouble).__name__}): the network is closed. Point "
        f"DEEPLINEAR_DATA at a folder with the four .gz files."
    ) from trouble


def idx(path: Path) -> NDArray[np.uint8]:
    """An IDX file of bytes as an array: two zero bytes, type 8, number of axes, big-endian sizes, data."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise ValueError(
            f"idx needs a whole gzip file, got {path.name} which is truncated or not gzip ({error}). Fetch it again."
        ) from error
    axes = content[3] if len(content) > 3 and content[:3] == b"\0\0\x08" else 0
    shape = np.frombuffer(content, ">u4", axes, 4) if len(content) >= 4 + 4 * axes else np.zeros(0)
    if not axes or len(content) != 4 + 4 * axes + np.prod(shape, dtype=np.int64):
        raise ValueError(
            f"idx needs a header and as many bytes as it announces, got {path.name} with {len(content)} bytes: not an IDX "
            f"file of bytes, or cut short. Fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape.astype(int))
