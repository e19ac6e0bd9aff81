"""How much memory an array of a file takes, checked before it is unpacked."""

from __future__ import annotations

import math

from deeplinear.memory import in_words, require_memory

SMALL = 512 * 2**20  # bytes that may be unpacked from any file
RATIO = 100  # above SMALL: MNIST's images shrink five times, its labels ten times, an archive made to fill memory 1000 times
DEFLATE = 1032  # DEFLATE never shrinks more: a header that announces more lies


def check_memory(file: str, name: str, shape: tuple[int, ...], itemsize: int, packed: int | None = None) -> None:
    """Refuse an array that would not fit.

    Args:
        file: its name, for messages.
        name: of the array.
        shape: as the header says.
        itemsize: bytes of one entry in the file.
        packed: bytes that it takes in the file where it is compressed.

    Raises:
        ValueError: as float64 it needs more than the machine's memory, or it unpacks to far more than real data do.
    """
    what = f"{name} of shape {' × '.join(str(size) for size in shape)} in {file}"
    check_unpacked(what, math.prod(shape), itemsize, packed)


def check_unpacked(what: str, count: int, itemsize: int, packed: int | None) -> None:
    """Refuse entries that would not fit; arguments and errors as `check_memory`."""
    unpacked, needed = count * itemsize, count * max(itemsize, 8)
    if packed is not None and needed > SMALL and unpacked > RATIO * packed:
        raise ValueError(
            f"load_file needs compressed data that unpack to at most {RATIO} times their size, got {what}, {in_words(packed)} "
            f"that unpack to {in_words(unpacked)} and need {in_words(needed)} of memory: an archive made to fill the memory looks like "
            f"this. If it is real, save it uncompressed with np.savez."
        )
    require_memory(
        "load_file", unpacked + needed, what, "Keep fewer examples or features."
    )  # as in the file, and as float64


def amount(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
