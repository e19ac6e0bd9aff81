"""Optimisers by name, each a function from a learning rate to an optax transformation."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import optax

Optimiser = Callable[[Any], optax.GradientTransformation]

MOMENTUM = 0.9


def momentum(rate: Any) -> optax.GradientTransformation:
    """Heavy-ball momentum 0.9."""
    return optax.sgd(rate, momentum=MOMENTUM)


OPTIMISERS: dict[str, Optimiser] = {
    "sgd": optax.sgd,
    "momentum": momentum,
    "adam": optax.adam,
    "rmsprop": optax.rmsprop,
}
ROTATABLE = ("sgd", "momentum")  # a step depends on gradients only linearly: it is the same in any orthonormal basis


@lru_cache(maxsize=16)  # the same function for the same one: compiled once
def bare(transformation: optax.GradientTransformation) -> Optimiser:
    """A transformation that has its rate inside, as a function of a rate that nobody uses."""
    return lambda rate: transformation
