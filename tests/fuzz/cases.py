"""Generators of cases by kind."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.fuzz.archives import matlab, npz, numpy_file
from tests.fuzz.case import Case
from tests.fuzz.idx_files import idx, packed
from tests.fuzz.tables import csv, damaged_csv, parquet

NAMES = [
    "data.csv",
    "data.npz",
    "data.npy",
    "data.mat",
    "data.parquet",
    "data.tsv",
    "data.txt",
    "data.csv.gz",
    "data-idx3-ubyte",
    "data",
    "d.gz",
]
STARTS = [
    b"", b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x1f\x8b\x08", b"PAR1", b"\x80\x04", b"\x89HDF\r\n\x1a\n", b"\0\0\x08\x03", b"\xff\xfe",
    b"\xef\xbb\xbf", b"a,b\n1,2\n", b"<html>", b"version https://git-lfs", b"%PDF", b"\xd0\xcf\x11\xe0", b"MATLAB 5.0" + b" " * 114 + b"\x00\x01IM",
]  # fmt: skip


def random_bytes(rng: random.Random) -> Case:
    """Bytes that are nothing, some with the beginning of something."""
    size = rng.choice([0, 1, 2, 10, 100, 1000])
    letters = b"0123456789.,;\t\n\"' eE+-ab"
    content = rng.randbytes(size) if rng.random() < 0.5 else bytes(rng.choice(letters) for _ in range(size))
    return Case({rng.choice(NAMES): rng.choice(STARTS) + content})


GENERATORS: dict[str, Callable[[random.Random], Case]] = {
    "csv": csv,
    "damaged": damaged_csv,
    "npz": npz,
    "idx": idx,
    "gz": packed,
    "mat": matlab,
    "npy": numpy_file,
    "parquet": parquet,
    "bytes": random_bytes,
}
