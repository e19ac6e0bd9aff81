"""The arrays of a file, whichever format it is in: by its first bytes, not by its name."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import NDArray

from deeplinear.data.arrays import npy
from deeplinear.data.arrays.bounds import check_memory
from deeplinear.data.arrays.idx import GZIP, first_bytes, idx_array, is_idx
from deeplinear.data.arrays.mat import is_mat, mat_arrays
from deeplinear.data.arrays.npz import npz_arrays
from deeplinear.data.arrays.signatures import HDF5, NPY, PICKLES, ZIP, foreign
from deeplinear.data.arrays.sparse import with_sparse
from deeplinear.data.arrays.stored import Stored

ENDINGS = {".npz", ".npy", ".mat", ".idx"}


def holds_arrays(path: Path) -> bool:
    """Whether a file is one of arrays, by its first bytes, or its ending; pickles and HDF5 count too, to be refused."""
    start = first_bytes(path)
    return (
        start.startswith((NPY, ZIP, HDF5))
        or start[:2] in PICKLES
        or is_mat(start)
        or is_idx(start)
        or path.suffix.lower() in ENDINGS
        or "-ubyte" in path.name
    )


def arrays_in(path: Path) -> list[Stored]:
    """The arrays of a file.

    Raises:
        ValueError: the file is missing, empty, damaged or of another kind.
    """
    try:
        if not path.is_file():
            what = "it is a folder" if path.is_dir() else "there is none"
            raise ValueError(f"load_file needs a file, got {str(path)!r}: {what}. Check the path.")
        start = first_bytes(path)
        refuse_packed(path, start)
        if start.startswith(ZIP):
            return with_sparse(path.name, npz_arrays(path))
        if start.startswith(NPY):
            return [npy_array(path)]
        if is_mat(start):
            return mat_arrays(path)
        if is_idx(start) or "-ubyte" in path.name:
            return [idx_array(path)]
    except OSError as error:
        raise ValueError(
            f"load_file needs a file that can be read, got {path.name}: {error.strerror or error}. Check its permissions."
        ) from error
    raise ValueError(no_arrays(path, start))


def refuse_packed(path: Path, start: bytes) -> None:
    """Refuse what is in gzip and has to be read from places all over the file; errors as `arrays_in`."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    if packed and (start.startswith((ZIP, NPY)) or is_mat(start)):
        raise ValueError(
            f"load_file needs arrays that are not packed a second time, got {path.name}, arrays in gzip: their sizes could not be checked "
            f"before they are unpacked. Unpack it with gunzip."
        )


def npy_array(path: Path) -> Stored:
    """The array of an .npy file; errors as `arrays_in`."""
    name, size = path.stem, path.stat().st_size
    try:
        with path.open("rb") as file:
            header = npy.read_header(file, size)
    except ValueError as error:
        raise ValueError(
            f"load_file needs a whole npy file, got {path.name}: {error}. Save it again with np.save(path, x)."
        ) from error

    def load() -> NDArray:
        check_memory(path.name, name, header.shape, header.dtype.itemsize)
        with path.open("rb") as file:
            file.seek(header.start)
            return npy.read_data(file, header)

    return Stored(name, header.shape, header.dtype, load)


def no_arrays(path: Path, start: bytes) -> str:
    """The message for a file that holds no arrays: what it is, and what to do."""
    found = foreign(start)
    if path.suffix.lower() == ".mat" and start.startswith((b"MATLAB 7.3", HDF5)):
        found = ("a MATLAB 7.3 file, which is HDF5 inside", "Save it in MATLAB with save('data.mat', '-v7')")
    elif path.suffix.lower() == ".mat" and found is None:
        found = ("a MATLAB 4 file, or a damaged one", "Save it with save -v7")
    if found is None:
        found = ("something else or a truncated file", "Save it again with np.savez(path, x=x, y=y)")
    suffix = path.suffix.lower()
    kind = f"a whole {suffix[1:]} file" if suffix in ENDINGS else "a table or a file of arrays"
    return f"load_file needs {kind}, got {found[0]} in {path.name}: it holds no arrays. {found[1]}."
