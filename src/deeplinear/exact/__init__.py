"""What theory says: exact learning dynamics, one law a file, and `solve`, which picks the one that applies.

The files hold plain functions of one mode (`sigmoid.strength`, `depth.learning_time`, …), for when the numbers s and u0
are all there is. `solve` applies them to a task and weights after measuring that they are exact there.
"""

from deeplinear.exact import aligned, depth, infinite, shallow, sigmoid, step, unequal, unequal_depth
from deeplinear.exact.law import Law
from deeplinear.exact.solve import FORMULAS, TOLERANCE, residuals, solve

__all__ = [
    "FORMULAS",
    "TOLERANCE",
    "Law",
    "aligned",
    "depth",
    "infinite",
    "residuals",
    "shallow",
    "sigmoid",
    "solve",
    "step",
    "unequal",
    "unequal_depth",
]
