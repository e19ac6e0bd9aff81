"""What a file is by its first bytes, where it holds no data that can be read, and what to do with it."""

from __future__ import annotations

ZIP, NPY, HDF5 = b"PK", b"\x93NUMPY", b"\x89HDF\r\n\x1a\n"

FOREIGN = {  # first bytes: what the file is, what to do
    HDF5: ("an HDF5 file", "Read it with h5py and save it with np.savez(path, x=x, y=y)"),
    b"\x80\x02": (
        "a Python pickle",
        "It can run code when it is opened, so open it where you trust it, and save with np.savez(path, x=x, y=y)",
    ),
    b"\xd0\xcf\x11\xe0": ("a workbook of an old Excel", "Save the sheet as csv"),
    b"%PDF": ("a PDF document", "Save the table in it as csv"),
    b"\x89PNG": ("a picture", "Save pictures as an array with np.savez(path, x=x, y=y), one in each row"),
    b"\xff\xd8\xff": ("a picture", "Save pictures as an array with np.savez(path, x=x, y=y), one in each row"),
    b"GIF8": ("a picture", "Save pictures as an array with np.savez(path, x=x, y=y), one in each row"),
    b"SQLite format 3": ("an SQLite database", "Export the table as csv"),
    b"ARROW1": ("an Arrow file", "Save it as parquet or csv"),
    b"RDX": ("an R data file", "Save the table with write.csv"),
    b"7z\xbc\xaf": ("a 7z archive", "Unpack it and pass the file in it"),
    b"Rar!": ("a rar archive", "Unpack it and pass the file in it"),
    b"\x1f\x8b": ("a damaged gzip file", "Fetch it again"),
    b"BZh": ("a bzip2 archive", "Unpack it and pass the file in it"),
    b"\xfd7zXZ": ("an xz archive", "Unpack it and pass the file in it"),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "Unpack it and pass the file in it"),
    b"version https://git-lfs": (
        "a Git LFS pointer, which stands for the data and holds none of them",
        "Fetch the data with git lfs pull",
    ),
    b"<!doctype html": ("an HTML page", "Download the file itself"),
    b"<html": ("an HTML page", "Download the file itself"),
}
PICKLES = {b"\x80" + bytes([protocol]) for protocol in range(2, 6)}


def foreign(start: bytes) -> tuple[str, str] | None:
    """What a file that starts so is, and what to do; None where nothing says that it is of another kind."""
    if not start:
        return "an empty file", "Check that it was written or downloaded whole"
    if start[:2] in PICKLES:
        return FOREIGN[b"\x80\x02"]
    begin = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, found in FOREIGN.items():
        if start.startswith(mark) or begin.startswith(mark.lower()):
            return found
    return None
