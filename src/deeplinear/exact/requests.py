"""What a law can be asked, checked where the user asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.law import Law

LARGEST = 500_000_000  # numbers in one answer: 4 GB


def listed(function: str, times: ArrayLike) -> Array:
    """Finite times as an array of shape ``(T,)``."""
    t = np.atleast_1d(checks.times(function, times))
    if t.ndim != 1 or not np.isfinite(t).all():
        raise ValueError(
            f"{function} needs a list of finite times, got shape {t.shape} up to {float(t.max(initial=0.0))!r}: a curve has one time "
            f"axis. Pass for example np.linspace(0, 1000, 500)."
        )
    return t


def refuse_size(function: str, numbers: int, fewer: str) -> None:
    """Refuse what would not fit into memory."""
    if numbers > LARGEST:
        raise ValueError(
            f"{function} needs at most {LARGEST:.1e} numbers, got {numbers:.1e}: that is {8e-9 * numbers:.3g} GB. Pass fewer "
            f"{fewer}."
        )


def refuse_steps(law: Law, function: str) -> None:
    """Refuse what only gradient flow has: a loss that falls, an end, times between steps."""
    if law.kind == "recursion":
        raise ValueError(
            f"{function} needs a law of gradient flow, got {law.name!r}: steps may climb, cycle or diverge, and jump from one time "
            f"to the next. Read law(np.arange(steps)) instead."
        )
