"""A case of the file fuzzer: files, how they are read, and what is right where that is known."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

ODD = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1]


@dataclass
class Case:
    """One file, or a file of inputs and one of targets.

    Attributes:
        files: contents by name; the first is read.
        options: of `load_file`.
        check: says in words what is wrong with x and y; "" where nothing is.
        right: whether the file has to be read.
        task: preprocessing with which a task is made as well; "" for none.
    """

    files: dict[str, bytes]
    options: dict[str, object] = field(default_factory=dict)
    check: Callable[[np.ndarray, np.ndarray], str] | None = None
    right: bool = False
    task: str = ""


def equals(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray, np.ndarray], str]:
    """A check that inputs and targets are these."""

    def check(found_x: np.ndarray, found_y: np.ndarray) -> str:
        for name, found, right in (("x", found_x, x), ("y", found_y, y)):
            if found.shape != right.shape:
                return f"{name} of shape {found.shape}, not {right.shape}"
            if not np.array_equal(found, right):
                return f"{name} has other values"
        return ""

    return check


def numbers(rng: random.Random) -> np.random.Generator:
    """A generator of NumPy's for arrays."""
    return np.random.default_rng(rng.getrandbits(64))


def maybe_task(rng: random.Random) -> str:
    """Preprocessing for a task, or none."""
    return rng.choice(["", "", "raw", "centred", "white"])


def mutate(content: bytes, rng: random.Random) -> bytes:
    """The content with a few bytes changed, taken out, put in or repeated, or cut short."""
    found = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        if not found:
            break
        at = rng.randrange(len(found))
        match rng.randrange(7):
            case 0:
                found[at] ^= 1 << rng.randrange(8)
            case 1:
                found[at] = rng.choice([0, 255, 127, 128, 1, 34, 44, 10, 13, rng.randrange(256)])
            case 2:
                del found[at : at + rng.choice([1, 2, 4, 8, 64])]
            case 3:
                found[at:at] = rng.randbytes(rng.choice([1, 1, 2, 4, 16]))
            case 4:
                del found[at:]
            case 5:
                other, size = rng.randrange(len(found)), rng.choice([1, 4, 16])
                found[at : at + size] = found[other : other + size]
            case _:
                size = rng.choice([1, 2, 4, 8])
                found[at : at + size] = struct.pack("<Q", rng.choice([*ODD, rng.getrandbits(64)]))[:size]
    return bytes(found)
