"""Activations: elementwise functions with derivatives, for theory and training alike.

`as_activation` turns a name, an `Activation` or any function of one array into an `Activation`; every function that takes an
activation calls it. ``ACTIVATIONS`` lists those known by name; each is tested by being listed.
"""

from deeplinear.activations.activation import Activation
from deeplinear.activations.registry import ACTIVATIONS, as_activation

__all__ = ["ACTIVATIONS", "Activation", "as_activation"]
