"""What a law of decoupled modes provides to `Law`: how each mode moves, in the white problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@dataclass(frozen=True)
class Motion:
    """Modes on the move. All functions are vectorised over the k modes.

    Attributes:
        strengths: times, shape ``(T, 1)``, to strengths, shape ``(T, k)``.
        learning_time: one strength for each mode, shape ``(k,)``, to the times at which they are reached; infinite
            where they never are.
        condition: times, shape ``(T, 1)``, to ``κ = t |du/dt| / |u|``, shape ``(T, k)``.
        limits: strengths at infinite time, shape ``(k,)``.
        layers: times, shape ``(T, 1)``, to layer strengths, shape ``(L, T, k)``.
    """

    strengths: Callable[[Array], Array]
    learning_time: Callable[[Array], Array]
    condition: Callable[[Array], Array]
    limits: Array
    layers: Callable[[Array], Array]
