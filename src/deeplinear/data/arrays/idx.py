"""IDX files, the format of MNIST: two zero bytes, a type, a number of axes, big-endian sizes, data; raw or in gzip."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.bounds import DEFLATE, amount, check_memory
from deeplinear.data.arrays.stored import Stored

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
AXES = 32
BROKEN = (OSError, EOFError, zlib.error)  # what gzip raises on damaged files


def is_idx(start: bytes) -> bool:
    """Whether a file that starts so, unpacked, may be an IDX file."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in TYPES and 1 <= start[3] <= AXES


def first_bytes(path: Path, count: int = 512) -> bytes:
    """The beginning of a file, unpacked where it is in gzip; as much as can be."""
    with path.open("rb") as file:
        start = file.read(count)
    if start[:2] != GZIP:
        return start
    try:
        with gzip.open(path) as file:
            return file.read(count)
    except BROKEN:
        return start


def opened(path: Path) -> BinaryIO:
    """The file, unpacked as it is read where it is in gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]


def idx_array(path: Path, *, function: str = "load_file") -> Stored:
    """The array of an IDX file: its header is read, and its size compared with the file's before the data are.

    Raises:
        ValueError: cut short, or not an IDX file.
    """
    size = path.stat().st_size
    try:
        with opened(path) as file:
            packed = not hasattr(file, "raw")
            start = file.read(4)
            axes = start[3] if is_idx(start) else 0
            sizes = file.read(4 * axes)
    except BROKEN as error:
        raise broken(function, path, str(error)) from error
    dtype = np.dtype(TYPES[start[2]]) if axes else np.dtype("u1")
    shape = tuple(int(each) for each in np.frombuffer(sizes[: len(sizes) // 4 * 4], ">u4"))
    data, header = math.prod(shape) * dtype.itemsize, 4 + 4 * axes
    if not axes or len(shape) < axes:
        raise broken(function, path, f"{amount(size, 'byte')} without the header of one")
    if data > (size * DEFLATE if packed else size - header) or (not packed and data < size - header):
        raise broken(function, path, f"it announces {data} bytes of data, and {amount(size, 'byte')} cannot hold them")
    check_memory(path.name, "an array", shape, dtype.itemsize, size if packed else None)

    def load() -> NDArray:
        array = np.empty(data, np.uint8)
        try:
            with opened(path) as file:
                file.read(header)
                read = 0
                while read < data and (count := file.readinto(memoryview(array)[read : read + 2**24])):  # type: ignore[attr-defined]
                    read += count
                more = file.read(1)
        except BROKEN as error:
            raise broken(function, path, str(error)) from error
        if read < data or more:
            raise broken(function, path, f"it announces {data} bytes of data and holds {'more' if more else read}")
        return array.view(dtype).reshape(shape)

    usual = re.search("images|labels", path.name, re.IGNORECASE)
    return Stored(usual.group().lower() if usual else re.sub(r"\.gz$", "", path.name), shape, dtype, load)


def broken(function: str, path: Path, why: str) -> ValueError:
    """The error for a file that is no whole IDX file."""
    return ValueError(
        f"{function} needs a whole IDX file, got {path.name} which is truncated or something else ({' '.join(why.split()).rstrip('.')}). "
        f"Fetch it again."
    )


def idx(path: Path) -> NDArray:
    """The array of an IDX file, in gzip or not.

    Raises:
        ValueError: cut short, or not an IDX file.
    """
    return idx_array(path, function="idx").load()


def labels_beside(path: Path) -> Path | None:
    """The file of labels that usually lies beside a file of images; None where there is none."""
    name = re.sub(r"idx\d", "idx1", re.sub("images", "labels", path.name, flags=re.IGNORECASE), flags=re.IGNORECASE)
    for other in (name, re.sub(r"\.gz$", "", name), name + ".gz"):
        if other != path.name and path.with_name(other).is_file():
            return path.with_name(other)
    return None
