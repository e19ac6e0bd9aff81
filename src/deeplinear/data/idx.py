"""The IDX format of the MNIST files: a magic number, one size for each axis, then bytes."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UNSIGNED_BYTE = 8  # third byte of the magic number; MNIST uses no other type


def read_idx(path: str | Path, *, checksum: str, first: int | None = None) -> NDArray[np.uint8]:
    """Read a gzipped IDX file of unsigned bytes.

    Args:
        path: the ``.gz`` file.
        checksum: the SHA-256 that it must have, in hexadecimal.
        first: read only this many entries along the first axis; all if not given.

    Returns:
        Array of the shape that the file states, cut to ``first`` entries.

    Raises:
        ValueError: the checksum differs (the message says whether the file is empty, truncated, not gzip, not IDX or
            just another one), or there are fewer than ``first`` entries.

    Source:
        Y. LeCun, C. Cortes & C. Burges, The MNIST database of handwritten digits, "File formats".
    """
    path = Path(path)
    packed = path.read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != checksum:
        raise ValueError(
            f"read_idx needs {path.name} with SHA-256 {checksum[:12]}…, got one of {len(packed)} bytes with "
            f"{found[:12]}…: {fault(packed)}. Delete {path} and fetch it again, or set DEEPLINEAR_DATA to a folder that "
            f"holds the published file."
        )
    why = fault(packed)
    if why != DIFFERENT:
        raise ValueError(f"read_idx needs a gzipped IDX file of bytes, got {path.name}: {why}. Check the file.")
    data = gzip.decompress(packed)
    shape = stated_shape(data)
    if first is not None and not 0 < first <= shape[0]:
        raise ValueError(
            f"read_idx needs 1 <= first <= {shape[0]}, got first={first!r}: {path.name} holds {shape[0]} entries. "
            f"Ask for fewer."
        )
    return np.frombuffer(data, dtype=np.uint8, offset=header_size(data)).reshape(shape)[:first]


DIFFERENT = "it is a whole IDX file, but not the published one"


def fault(packed: bytes) -> str:
    """What is wrong with the bytes of a gzipped IDX file; `DIFFERENT` where nothing is."""
    if not packed:
        return "it is empty"
    if packed[:2] != b"\x1f\x8b":
        return "it is not gzip (a web page saved under this name?)"
    try:
        data = gzip.decompress(packed)
    except EOFError:
        return "it is truncated"
    except (OSError, zlib.error):
        return "its gzip data are damaged"
    if len(data) < 4 or data[:3] != bytes([0, 0, UNSIGNED_BYTE]) or data[3] == 0 or len(data) < header_size(data):
        return "it does not start with the magic number of an IDX file of bytes"
    if len(data) != header_size(data) + int(np.prod(stated_shape(data), dtype=object)):
        return "it holds more or fewer bytes than its header states"
    return DIFFERENT


def header_size(data: bytes) -> int:
    """Bytes before the first entry: the magic number, and four for each axis."""
    return 4 + 4 * data[3]


def stated_shape(data: bytes) -> tuple[int, ...]:
    """Sizes of the axes, big-endian."""
    return tuple(int(size) for size in np.frombuffer(data, dtype=">u4", count=data[3], offset=4))
