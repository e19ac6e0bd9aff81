"""Arrays of a MATLAB file of version 5 to 7: every length in it is checked against the bytes that are there before it is believed.

`scipy.io.loadmat` allocates what such a file announces, before it looks for the data, and its tests are the reference for this reader.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.bounds import DEFLATE, check_memory, check_unpacked
from deeplinear.data.arrays.sparse import check_dense, dense
from deeplinear.data.arrays.stored import STRUCTURE, Stored
from deeplinear.messages import one_line

HEADER = 128  # bytes before the first element
ORDERS = {b"IM": "<", b"MI": ">"}  # at byte 126
MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXT = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
CELL, CHAR, SPARSE = 1, 4, 5
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
LOGICAL, COMPLEX = 0x02, 0x08
AXES = 32


class Element(NamedTuple):
    """A piece of a file: its type and its bytes."""

    kind: int
    data: memoryview


class Matrix(NamedTuple):
    """One array of a file: class, flags, shape and name from its first three pieces, and the pieces after them."""

    kind: int
    flags: int
    shape: tuple[int, ...]
    name: str
    parts: list[Element]


def is_mat(start: bytes) -> bool:
    """Whether a file that starts so is a MATLAB file of version 5 to 7."""
    return len(start) >= HEADER and start[126:128] in ORDERS and start[124:126] in (b"\x00\x01", b"\x01\x00")


def mat_arrays(path: Path) -> list[Stored]:
    """The arrays of a MATLAB file by name.

    Raises:
        ValueError: cut short or damaged.
    """
    size = path.stat().st_size
    check_unpacked(path.name, size // 8, 8, None)
    content = memoryview(path.read_bytes())
    order = ORDERS[bytes(content[126:128])]
    try:
        top = list(elements(content[HEADER:], order))
        total = sum(unpacked_size(part, order) for part in top)
        check_unpacked(f"all arrays of {path.name}", total // 8, 8, size)
        matrices = [matrix for part in top if (matrix := matrix_in(part, order))]
        return [stored_matrix(path, matrix, order) for matrix in matrices if matrix.name]
    except (ValueError, struct.error, IndexError) as error:
        if str(error).startswith("load_file"):
            raise
        raise ValueError(
            f"load_file needs a whole MATLAB file, got {path.name}: it is damaged or cut short ({error}). Save it again with save -v7."
        ) from error


def elements(data: memoryview, order: str) -> Iterator[Element]:
    """Pieces one after another, each of its own length.

    Raises:
        ValueError: one is longer than what is left.
    """
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(order + "II", data, at)
        if kind >> 16:  # a small piece, in one word with its type and length
            kind, size, begin, step = kind & 0xFFFF, kind >> 16, at + 4, 8
        else:
            begin, step = at + 8, 8 + size + (-size % 8 if kind != COMPRESSED else 0)
        if begin + size > len(data) or (step == 8 and size > 4):
            raise ValueError(f"a part announces {size} bytes, and {len(data) - begin} are left")
        yield Element(kind, data[begin : begin + size])
        at += step


def unpacked_size(element: Element, order: str) -> int:
    """Bytes of an element at the top when unpacked: its length is read and compared with what can be there; errors as `elements`."""
    if element.kind != COMPRESSED:
        return len(element.data)
    try:
        tag = zlib.decompressobj().decompress(element.data, 8)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    size = int(struct.unpack(order + "II", tag)[1]) if len(tag) == 8 else 0
    if size > len(element.data) * DEFLATE + DEFLATE:
        raise ValueError(f"a part announces {size} bytes, and {len(element.data)} cannot hold them")
    return size


def matrix_in(element: Element, order: str) -> Matrix | None:
    """The array that an element at the top holds, unpacked where it is compressed; None where it holds something else."""
    if element.kind == COMPRESSED:
        size = unpacked_size(element, order) + 8
        try:
            data = zlib.decompressobj().decompress(element.data, size)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        element = next(elements(memoryview(data), order), Element(0, memoryview(b"")))
    return as_matrix(element, order) if element.kind == MATRIX else None


def as_matrix(element: Element, order: str) -> Matrix:
    """The class, shape and name of an array; errors as `elements`."""
    parts = list(elements(element.data, order))
    if not parts:  # an empty cell
        return Matrix(6, 0, (0, 0), "", [])
    if len(parts) < 3 or len(parts[0].data) < 8:
        raise ValueError("an array has no shape or no name")
    word = struct.unpack_from(order + "I", parts[0].data)[0]
    shape = tuple(int(size) for size in np.frombuffer(parts[1].data, order + "i4"))
    if not 0 < len(shape) <= AXES or min(shape) < 0:
        raise ValueError(f"an array announces the shape {shape}"[:120])
    return Matrix(word & 0xFF, word >> 8 & 0xFF, shape, bytes(parts[2].data).decode("latin-1"), parts[3:])


def stored_matrix(path: Path, matrix: Matrix, order: str) -> Stored:
    """An array to be read later; one of structures, functions or objects counts as objects, which are not read."""
    kind, shape = matrix.kind, matrix.shape
    dtype = np.dtype(object)
    if kind in CLASSES:
        dtype = np.dtype("c16" if matrix.flags & COMPLEX else "?" if matrix.flags & LOGICAL else CLASSES[kind])
    elif kind == SPARSE:
        dtype = np.dtype("c16" if matrix.flags & COMPLEX else "f8")
    elif kind == CHAR:
        dtype, shape = np.dtype("U1"), shape[:1]
    elif kind == CELL and texts(matrix, order) is not None:
        dtype = np.dtype("U1")

    def load() -> NDArray:
        if kind == SPARSE:
            check_dense(path.name, matrix.name, matrix.shape)
        check_memory(path.name, matrix.name, matrix.shape, max(1, dtype.itemsize))
        try:
            return values(matrix, order)
        except (ValueError, struct.error, IndexError, OverflowError) as error:
            if str(error).startswith("load_file"):
                raise
            raise ValueError(
                f"load_file needs a whole MATLAB file, got {matrix.name} in {path.name}: it is damaged ({error}). Save it again with "
                f"save -v7."
            ) from error

    return Stored(one_line(matrix.name), shape, dtype, load, STRUCTURE)


def values(matrix: Matrix, order: str) -> NDArray:
    """The entries of an array.

    Raises:
        ValueError: it has more or fewer than its shape says.
    """
    if matrix.kind == CHAR:
        return np.array(rows_of_text(matrix, order))
    if matrix.kind == CELL:
        return np.array(texts(matrix, order)).reshape(matrix.shape, order="F")
    if matrix.kind == SPARSE:
        rows, columns = matrix.shape if len(matrix.shape) == 2 else (0, 0)
        indices, indptr, data, *imaginary = (numbers(part, order) for part in matrix.parts)
        data = data + 1j * imaginary[0] if imaginary else data
        count = int(indptr[-1])  # MATLAB may reserve more
        return dense("csc", data[:count], indices[:count], indptr, (rows, columns))
    parts = [numbers(part, order) for part in matrix.parts[:2]]
    size = math.prod(matrix.shape)
    complex_parts = bool(matrix.flags & COMPLEX)
    if len(parts) < 1 + complex_parts or any(len(part) != size for part in parts):
        raise ValueError(f"its shape announces {size} values, and {len(parts[0]) if parts else 0} are there")
    if complex_parts:
        return (parts[0] + 1j * parts[1]).reshape(matrix.shape, order="F")
    with np.errstate(invalid="ignore"):  # of odd values in a class they do not fit
        found = parts[0].astype(bool if matrix.flags & LOGICAL else CLASSES[matrix.kind])
    return found.reshape(matrix.shape, order="F")


def numbers(part: Element, order: str) -> NDArray:
    """Numbers of a piece, in the type they are kept in, which may be smaller than that of the array."""
    if part.kind not in NUMBERS:
        raise ValueError(f"numbers of the unknown type {part.kind}")
    return np.frombuffer(part.data, order + NUMBERS[part.kind])


def rows_of_text(matrix: Matrix, order: str) -> list[str]:
    """Rows of an array of characters, without the blanks that fill them."""
    if len(matrix.shape) != 2 or not matrix.parts or matrix.parts[0].kind not in TEXT:
        raise ValueError("characters of an unknown type")
    encoding = TEXT[matrix.parts[0].kind] + (
        "" if matrix.parts[0].kind in (1, 2, 16) else "-le" if order == "<" else "-be"
    )
    text, (rows, columns) = bytes(matrix.parts[0].data).decode(encoding), matrix.shape
    if len(text) != rows * columns:
        raise ValueError(f"its shape announces {rows * columns} characters, and {len(text)} are there")
    return [text[row :: max(rows, 1)].rstrip() for row in range(rows)]


def texts(matrix: Matrix, order: str) -> list[str] | None:
    """The text in every cell; None where one holds something else."""
    if math.prod(matrix.shape) != len(matrix.parts):
        return None
    found = []
    for part in matrix.parts:
        cell = as_matrix(part, order) if part.kind == MATRIX else None
        if cell is None or cell.kind != CHAR or not cell.shape[0] <= 1:
            return None
        found.extend(rows_of_text(cell, order) or [""])
    return found
