"""One array in NumPy's own format: its header is checked against the bytes that are there before anything is allocated."""

from __future__ import annotations

import ast
import math
import re
import warnings
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = b"\x93NUMPY"
LONGEST = 64 * 1024  # bytes of a header; one of 1000 fields takes 20 000
AXES = 32
PLAIN = re.compile(r"[<>|=]?([biufcSUVMmO?]\d{0,9}(\[\w{1,8}\])?)")  # types that NumPy writes


class Header(NamedTuple):
    """What stands before the data.

    Attributes:
        shape: of the array.
        fortran: whether the first axis changes fastest.
        dtype: of its entries.
        start: bytes before the data.
    """

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype
    start: int


def read_header(file: BinaryIO, size: int) -> Header:
    """The header of an array.

    Args:
        file: at its first byte.
        size: bytes of header and data together.

    Raises:
        ValueError: not in this format, or the data are not as long as the header says; says which.
    """
    begin = file.read(8)
    if begin[:6] != MAGIC or begin[6:] not in (b"\x01\x00", b"\x02\x00", b"\x03\x00"):
        raise ValueError("it does not begin as an array of NumPy does")
    width = 2 if begin[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    start = 8 + width + length
    if start > size or length > LONGEST:
        raise ValueError(f"its header announces {length} bytes of itself")
    shape, fortran, dtype = parse_header(file.read(length), "utf-8" if begin[6] == 3 else "latin-1")
    there, announced = size - start, math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and there != announced:
        raise ValueError(f"its header announces {announced} bytes, and {there} are there")
    return Header(shape, fortran, dtype, start)


def parse_header(raw: bytes, encoding: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order and type from the text of a header; errors as `read_header`."""
    try:
        text = re.sub(r"(\d)L\b", r"\1", raw.decode(encoding))  # Python 2 on Windows wrote (3L, 2L)
        with warnings.catch_warnings():  # of the compiler, about odd text
            warnings.simplefilter("ignore")
            found = ast.literal_eval(text.strip())
        descr, fortran, shape = found["descr"], found["fortran_order"], found["shape"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise ValueError("its header cannot be read") from error
    sizes = (
        isinstance(shape, tuple)
        and len(shape) <= AXES
        and all(type(each) is int and 0 <= each < 2**62 for each in shape)
    )
    if not sizes or type(fortran) is not bool or len(found) != 3:
        raise ValueError(f"its header announces the shape {shape!r:.60}")
    return shape, fortran, as_dtype(descr)


def as_dtype(descr: Any) -> np.dtype:
    """The type that a header describes: a plain one, or fields of plain ones; errors as `read_header`."""
    fields = descr if isinstance(descr, list) else [("", descr)]
    try:
        if (
            fields
            and all(PLAIN.fullmatch(kind) for _, kind in fields)
            and all(isinstance(name, str) for name, _ in fields)
        ):
            return np.dtype(fields if isinstance(descr, list) else descr)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError, MemoryError):
        pass
    raise ValueError(f"its header announces entries of type {descr!r:.60}")


def read_data(file: BinaryIO, header: Header) -> NDArray:
    """The data after a header that `read_header` has checked.

    Raises:
        ValueError: cut short, or objects of Python, whose pickle is never opened.
    """
    if header.dtype.hasobject:
        raise ValueError("it is a Python pickle")
    array = np.empty(header.shape, header.dtype, order="F" if header.fortran else "C")
    view = array.reshape(-1, order="A").view(np.uint8).data if array.nbytes else memoryview(bytearray())
    while view.nbytes:
        count = file.readinto(view[: 2**24])  # type: ignore[attr-defined]
        if not count:
            raise ValueError(f"{view.nbytes} bytes of it are missing")
        view = view[count:]
    return array
