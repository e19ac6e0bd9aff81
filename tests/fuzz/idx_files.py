"""Cases of IDX files, and of anything else in gzip."""

from __future__ import annotations

import gzip
import math
import random
import struct

import numpy as np
from tests.fuzz.case import Case, equals, maybe_task, mutate, numbers

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def idx_bytes(array: np.ndarray, kind: int) -> bytes:
    """The array as an IDX file."""
    return (
        bytes([0, 0, kind, array.ndim])
        + b"".join(struct.pack(">I", size) for size in array.shape)
        + array.astype(TYPES[kind]).tobytes()
    )


def idx(rng: random.Random) -> Case:
    """Images and labels: right, or with sizes that lie, or damaged; in gzip or not."""
    draw, rows = numbers(rng), rng.choice([1, 2, 3, 10, 30])
    x = draw.integers(0, 100, rng.choice([(rows, 4, 3), (rows, 5), (rows,), (rows, 2, 2, 3)]))
    y = draw.integers(0, 3, (rows,))
    packed_x, packed_y = rng.random() < 0.5, rng.random() < 0.5
    names = [
        name + ".gz" * gz for name, gz in (("train-images-idx3-ubyte", packed_x), ("train-labels-idx1-ubyte", packed_y))
    ]
    kind, options = rng.choice(list(TYPES)), rng.choice([{"kind": "numbers"}, {"kind": "numbers", "y": names[1]}])
    images, labels = idx_bytes(x, kind), idx_bytes(y, 0x08)
    check, right = equals(x.reshape(rows, -1).astype(float), y[:, None].astype(float)), True
    if rng.random() < 0.3:
        images, check, right = lying(rng), None, False
    elif rng.random() < 0.3:
        images, check, right = mutate(images, rng), None, False
    images, labels = (
        gzip.compress(each, rng.choice([0, 1, 9]), mtime=0) if gz else each
        for each, gz in ((images, packed_x), (labels, packed_y))
    )
    if packed_x and rng.random() < 0.3:
        images, right = damaged_gzip(images, rng), False
    files = {names[0]: images, names[1]: labels}
    if rng.random() < 0.1:
        files, check, right = {names[0]: images}, None, False
    return Case(files, options if len(files) == 2 else {}, check, right, maybe_task(rng))


def lying(rng: random.Random) -> bytes:
    """An IDX file whose sizes are not those of its data."""
    axes = rng.choice([0, 1, 1, 2, 3, 3, 4, 32, 33, 65, 255])
    sizes = [rng.choice([0, 1, 2, 3, 5, 28]) if axes < 6 else 1 for _ in range(axes)]
    body = rng.randbytes(min(math.prod(sizes), 10**6))
    if sizes and rng.random() < 0.6:
        sizes[rng.randrange(len(sizes))] = rng.choice([2**32 - 1, 2**31, 10**9, 0, 1])
    begin = rng.choice([b"\0\0\x08"] * 8 + [b"\0\0\x0e", b"\0\1\x08", b"\0\0\x0a", b"abc"])
    return (
        begin
        + bytes([axes])
        + b"".join(struct.pack(">I", size) for size in sizes)
        + body[: rng.choice([len(body), len(body), 0, 1])]
    )


def damaged_gzip(content: bytes, rng: random.Random) -> bytes:
    """A gzip file cut, with something after it, or changed."""
    return rng.choice(
        [content[: len(content) // 2], content + b"garbage", content + b"\0" * 100, mutate(content, rng), content[:-4]]
    )


def packed(rng: random.Random) -> Case:
    """Anything in gzip under any name, some damaged, some that unpack to much."""
    inside = rng.choice(
        [
            b"",
            b"a,b\n1,2\n3,4\n5,7\n",
            rng.randbytes(50),
            b"\0" * 10**6,
            b"0,1\n" * 10**5,
            lying(rng),
            b"\x1f\x8b" + rng.randbytes(20),
        ]
    )
    content = gzip.compress(inside, mtime=0)
    content = damaged_gzip(content, rng) if rng.random() < 0.6 else content
    return Case(
        {rng.choice(["data.csv.gz", "images-idx3-ubyte.gz", "d.gz", "data.gz", "data.npz"]): content},
        task=maybe_task(rng),
    )
