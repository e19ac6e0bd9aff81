"""Semantic development: what a network knows about each item, and when, along any `Curve` with one-hot items."""

from deeplinear.exact.development.differentiation import (
    Split,
    pairs_distinguished,
    separation_times,
    splits,
)
from deeplinear.exact.development.illusory import Illusion, illusory, predictions
from deeplinear.exact.development.portrait import draw
from deeplinear.exact.development.similarity import activity, coordinates, distances, representations

__all__ = [
    "Illusion",
    "Split",
    "activity",
    "coordinates",
    "distances",
    "draw",
    "illusory",
    "pairs_distinguished",
    "predictions",
    "representations",
    "separation_times",
    "splits",
]
