"""An array that lies in a file: what its header says, before any of it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.bounds import amount

STRUCTURE = "a structure"  # of MATLAB, or cells, a function, an object


@dataclass(frozen=True)
class Stored:
    """One array of a file.

    Attributes:
        name: in the file.
        shape: as its header says.
        dtype: as its header says; ``object`` where a Python pickle holds it.
        load: reads it, after its size was checked.
        objects: what it holds where ``dtype`` is ``object``.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], NDArray]
    objects: str = "Python objects"

    def __str__(self) -> str:
        fields = f"{len(self.dtype.names or ())} fields"
        kind = self.objects if self.dtype.hasobject else fields if self.dtype.names else self.dtype.name
        return f"{self.name} ({' × '.join(str(size) for size in self.shape) or 'one value'}, {kind})"


def listed_arrays(arrays: list[Stored]) -> str:
    """Arrays in a row, for a message."""
    return (
        amount(len(arrays), "array")
        + (f": {', '.join(str(each) for each in arrays[:8])}" if arrays else "")
        + (", …" if len(arrays) > 8 else "")
    )
