"""A bound on integrations: explicit steps are held back by the fastest rate, however slowly everything moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deeplinear.arrays import Array

MOST = 3_000_000  # velocities of a small system: a minute or two …
LARGE = 100  # … of up to so many numbers; fewer of larger ones …
LEAST = 100_000  # … but never fewer than these


def bounded_velocity(
    function: str, velocity: Callable[[float, Array], Any], size: int
) -> Callable[[float, Array], Any]:
    """The same velocity, which refuses to be asked for ever.

    Args:
        function: for the message.
        velocity: from time and state to its rate of change.
        size: numbers in the state.

    Raises:
        ValueError: when it has been asked more often than `MOST` times, or in proportion less for large systems.
    """
    most, asked = max(LEAST, MOST * LARGE // max(size, LARGE)), 0

    def counted(t: float, state: Array) -> Any:
        nonlocal asked
        asked += 1
        if asked > most:
            raise ValueError(
                f"{function} needs rates that one integration can follow, got a flow that has come to t={t:.6g} after {most} "
                f"evaluations: its fastest rates are far above its slowest. Pass tau=1/rate if times count epochs, or earlier times."
            )
        return velocity(t, state)

    return counted
