"""Sparse matrices, as SciPy and MATLAB keep them, made dense."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.bounds import SMALL
from deeplinear.data.arrays.stored import Stored
from deeplinear.memory import in_words

PARTS = {  # what scipy.sparse.save_npz writes beside format and shape
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "coo": ("data", "row", "col"),
}
MARKS = {"format", "shape"}


def with_sparse(file: str, arrays: list[Stored]) -> list[Stored]:
    """The arrays of a file, the parts of a sparse matrix put together as one named ``sparse``.

    Raises:
        ValueError: a sparse format that is not read.
    """
    named = {each.name: each for each in arrays}
    if not named.keys() >= MARKS or named["format"].dtype.kind not in "SU" or named["format"].shape != ():
        return arrays
    kind = as_text(named["format"].load())
    parts = PARTS.get(kind)
    if parts is None or not named.keys() >= set(parts):
        raise ValueError(
            f"load_file needs a sparse matrix in csr, csc or coo format, got {kind!r:.40} in {file}: others are not read. Convert it with "
            f".tocsr() and save it with scipy.sparse.save_npz."
        )
    sizes = named["shape"].load()
    if sizes.dtype.kind not in "iu" or sizes.shape != (2,) or (sizes < 0).any():
        raise ValueError(
            f"load_file needs a sparse matrix of rows and columns, got one of shape {sizes.tolist()!r:.60} in {file}: examples are rows. "
            f"Save it again."
        )
    shape = (int(sizes[0]), int(sizes[1]))

    def load() -> NDArray:
        check_dense(file, "the sparse matrix", shape)
        data, first, second = (named[name].load() for name in parts)
        try:
            return dense(kind, data, first, second, shape)
        except (ValueError, TypeError, OverflowError, IndexError) as error:
            raise ValueError(
                f"load_file needs a whole sparse matrix, got {file}: its parts do not fit together ({error}). Save it again with "
                f"scipy.sparse.save_npz."
            ) from error

    rest = [each for each in arrays if each.name not in MARKS | set(parts) | {"_is_array"}]
    return [Stored("sparse", shape, named["data"].dtype, load), *rest]


def check_dense(file: str, name: str, shape: tuple[int, ...]) -> None:
    """Refuse a sparse matrix that is too large to be made dense.

    Raises:
        ValueError: it takes more than `SMALL` as float64.
    """
    needed = math.prod(shape) * 8
    if needed > SMALL:
        raise ValueError(
            f"load_file needs a sparse matrix of at most {in_words(SMALL)} when made dense, got {name} of shape "
            f"{' × '.join(str(size) for size in shape)} in {file}: it takes {in_words(needed)}. Keep fewer columns, or save it dense with "
            f"np.savez(path, x=x.toarray(), y=y)."
        )


def as_text(value: NDArray) -> str:
    """Text of an array without axes, bytes or not."""
    found = value.item()
    return found.decode("latin-1") if isinstance(found, bytes) else str(found)


def dense(kind: str, data: NDArray, first: NDArray, second: NDArray, shape: tuple[int, int]) -> NDArray:
    """A dense matrix from the parts of a sparse one; entries at the same place add up.

    Args:
        kind: ``"csr"``, ``"csc"`` or ``"coo"``.
        data: its entries.
        first: row of each entry for coo, otherwise its place along the other axis.
        second: column of each entry for coo, otherwise where each row (csr) or column (csc) begins in ``data``, and the end.
        shape: of the matrix.

    Raises:
        ValueError: an index out of range, or parts of the wrong length.
    """
    if any(part.ndim != 1 or part.dtype.kind not in "iu" for part in (first, second)) or data.shape != first.shape:
        raise ValueError("indices are no whole numbers, or not as many as entries")
    axis = 1 if kind == "csc" else 0
    if kind == "coo":
        rows, columns = first, second
    else:
        counts = np.diff(second.astype(np.int64))
        if len(second) != shape[axis] + 1 or second[0] != 0 or (counts < 0).any() or second[-1] != len(data):
            raise ValueError("it has not as many rows as its shape says")
        lines = np.repeat(np.arange(shape[axis]), counts)
        rows, columns = (lines, first) if axis == 0 else (first, lines)
    if len(columns) != len(rows):
        raise ValueError("it has not as many rows as columns of entries")
    for indices, size in ((rows, shape[0]), (columns, shape[1])):
        if len(indices) and not 0 <= int(indices.min()) <= int(indices.max()) < size:
            raise ValueError("an entry lies outside its shape")
    if data.dtype.kind not in "biufc":
        raise ValueError(f"its entries are of type {data.dtype}")
    matrix = np.zeros(shape, data.dtype if data.dtype.kind in "fc" else np.float64)
    np.add.at(matrix, (rows, columns), data)
    return matrix
