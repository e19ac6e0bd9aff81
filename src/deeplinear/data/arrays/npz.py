"""The arrays of an npz archive; their sizes are known from its directory and their headers before any is unpacked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

from numpy.typing import NDArray

from deeplinear.data.arrays import npy
from deeplinear.data.arrays.bounds import DEFLATE, check_memory
from deeplinear.data.arrays.stored import Stored
from deeplinear.messages import one_line

BROKEN = (  # what zipfile raises on damaged archives
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError,
    OverflowError, MemoryError, struct.error, IndexError, TypeError,
)  # fmt: skip
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # NumPy writes no others
OTHER_ARCHIVES = {  # a member's name that tells what else the archive is, what it is, what to do
    "[Content_Types].xml": ("an Excel workbook", "Save the sheet as csv"),
    "mimetype": ("an OpenDocument file", "Save the sheet as csv"),
    "data.pkl": ("a PyTorch file", "Load it with torch.load and save with np.savez(path, x=x.numpy(), y=y.numpy())"),
}


def npz_arrays(path: Path) -> list[Stored]:
    """The arrays of an archive by name.

    Raises:
        ValueError: not a whole archive, another kind of archive, or a name that is there twice.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except BROKEN as error:
        raise broken(path, error) from error
    names = [member.filename for member in members]
    for mark, (what, remedy) in OTHER_ARCHIVES.items():
        if any(name.rsplit("/", 1)[-1] == mark for name in names):
            raise ValueError(f"load_file needs an npz archive, got {path.name}: it is {what}. {remedy}.")
    arrays = [member for member in members if member.filename.endswith(".npy")]
    if not arrays:
        inside = ", ".join(repr(name) for name in names[:4]) or "nothing"
        raise ValueError(
            f"load_file needs arrays in an npz archive, got {path.name} with {inside}: none of it is an array. Save with np.savez(path, "
            f"x=x, y=y), or unpack the archive and pass the file in it."
        )
    twice = [name for i, name in enumerate(names) if name in names[:i]][:1] if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(
            f"load_file needs arrays of different names, got {twice[0]!r} more than once in {path.name}: either could be meant. Save it again."
        )
    return [stored_member(path, member) for member in arrays]


def stored_member(path: Path, member: zipfile.ZipInfo) -> Stored:
    """What the header of one array says; errors as `npz_arrays`."""
    name = one_line(member.filename.removesuffix(".npy"))
    try:
        if member.compress_type not in METHODS:
            raise ValueError("it is compressed in a way that NumPy does not write")
        if member.file_size > member.compress_size * DEFLATE + DEFLATE:
            raise ValueError("it announces more than it can hold")
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            header = npy.read_header(file, member.file_size)  # type: ignore[arg-type]
    except BROKEN as error:
        raise broken(path, error, name) from error
    packed = member.compress_size if member.compress_type != zipfile.ZIP_STORED else None

    def load() -> NDArray:
        check_memory(path.name, name, header.shape, header.dtype.itemsize, packed)
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                file.read(header.start)
                return npy.read_data(file, header)  # type: ignore[arg-type]
        except BROKEN as error:
            raise broken(path, error, name) from error

    return Stored(name, header.shape, header.dtype, load)


def broken(path: Path, error: BaseException, name: str = "") -> ValueError:
    """The error for an archive that cannot be read."""
    where = f"{name} in {path.name}" if name else path.name
    why = str(error) or type(error).__name__
    return ValueError(
        f"load_file needs a whole npz file, got {where}: something else or a truncated file ({' '.join(why.split())[:200].rstrip('.')}). "
        f"Save it again with np.savez(path, x=x, y=y)."
    )
