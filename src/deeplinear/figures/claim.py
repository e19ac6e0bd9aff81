"""What a figure says, beside what was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Claim:
    """One sentence of the paper, put to the test.

    Attributes:
        text: the sentence.
        expected: what the paper or the theory says, short enough for a table.
        measured: what was found, in the same words.
        passed: whether the two agree.
    """

    text: str
    expected: str
    measured: str
    passed: bool | np.bool_

    def __post_init__(self):
        object.__setattr__(self, "passed", bool(self.passed))  # a NumPy bool is not JSON

    def record(self) -> dict[str, Any]:
        """The claim as a dictionary that JSON can hold."""
        return asdict(self)


def listed(values: Any, form: str = ".3g") -> str:
    """Numbers in a row, for a table."""
    return " ".join(format(float(v), form) for v in values)
