"""What theory says: exact learning dynamics, one law a file, and `solve`, which picks the one that applies.

The files hold plain functions of one mode (`sigmoid.strength`, `depth.learning_time`, …), for when the numbers s and u0
are all there is. `solve` applies them to a task and weights after measuring that they are exact there.
"""

from deeplinear.exact.curvature import rates
from deeplinear.exact.curvature.rates import largest_stable_rate, optimal_rate, sharpness, task_sharpness
from deeplinear.exact.law import Law
from deeplinear.exact.matrices import shallow
from deeplinear.exact.modes import aligned, depth, infinite, sigmoid, unequal, unequal_depth
from deeplinear.exact.registry import CONDITIONS, FORMULAS
from deeplinear.exact.solve import TOLERANCE, expected_error, residuals, solve

__all__ = [
    "CONDITIONS",
    "FORMULAS",
    "TOLERANCE",
    "Law",
    "aligned",
    "depth",
    "expected_error",
    "infinite",
    "largest_stable_rate",
    "optimal_rate",
    "rates",
    "residuals",
    "shallow",
    "sharpness",
    "sigmoid",
    "solve",
    "task_sharpness",
    "unequal",
    "unequal_depth",
]
