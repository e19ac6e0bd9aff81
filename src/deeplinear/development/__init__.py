"""Semantic development: what a network knows about each item, and when, along any `Curve` with one-hot items."""

from deeplinear.development.differentiation import Split, pairs_distinguished, separation_times, splits
from deeplinear.development.illusory import Illusion, illusory, predictions
from deeplinear.development.portrait import draw
from deeplinear.development.similarity import activity, coordinates, distances, representations

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
