"""What every law comes down to: how a whole network moves. `deeplinear.exact.law.Law` asks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.weights import Weights


def float_one() -> float:
    """Nothing is magnified."""
    return 1.0


@dataclass(frozen=True, eq=False)
class Trajectory:
    """How a whole network moves: the common form of every law.

    Attributes:
        strengths: times ``(T,)`` to strengths ``(T, k)``.
        loss: times ``(T,)`` to losses ``(T,)``.
        maps: times ``(T,)`` to end-to-end maps ``(T, n_out, n_in)``.
        crossing: a fraction to the times ``(k,)`` at which the modes first reach it of their targets; NaN for never.
        condition: times ``(T,)`` to ``κ``, shape ``(T, k)``.
        scale: a time typical of learning, from which searches start.
        final: to the end-to-end map at infinite time, shape ``(n_out, n_in)``.
        ending: to the reason why that is not the best linear map; empty where it is.
        weights: times ``(T,)`` to layers ``(T, n_l, n_{l-1})``; None where the law follows only the map.
        factors: times ``(T,)`` to the factors of the tangent kernel, see `deeplinear.exact.ntk`; None where they
            are to be had from the weights.
        sensitivity: to the factor by which the answer magnifies a part of the start that the law's conditions exclude, relative
            to the start; infinite where the law ends at a saddle that any such part leaves.
    """

    strengths: Callable[[Array], Array]
    loss: Callable[[Array], Array]
    maps: Callable[[Array], Array]
    crossing: Callable[[float], Array]
    condition: Callable[[Array], Array]
    scale: float
    final: Callable[[], Array]
    ending: Callable[[], str] = str
    weights: Callable[[Array], Weights] | None = None
    factors: Callable[[Array], list[tuple[Array, Array]]] | None = None
    sensitivity: Callable[[], float] = float_one
