"""Exact learning dynamics: `solve` picks the law that applies to a task and initial weights.

`solve` returns a `Law`; `residuals` measures every condition that some law needs; ``FORMULAS`` lists the laws in the order in
which they are tried. The laws of one mode are plain functions, for when the numbers s and u0 are all there is:
`sigmoid.strength`, `depth.learning_time`, and so on in `unequal`, `unequal_depth`, `infinite`, `aligned`, `discrete` and
`shallow`. `ntk` has the neural tangent kernel of a deep linear network. In this folder, ``modes`` holds laws of one mode,
``matrices`` laws of whole networks, and ``readings`` what they read from the initial weights.
"""

from deeplinear.exact import ntk
from deeplinear.exact.law import TOLERANCE, Law
from deeplinear.exact.matrices import shallow
from deeplinear.exact.matrices.riccati import Riccati
from deeplinear.exact.modes import aligned, depth, discrete, infinite, sigmoid, unequal, unequal_depth
from deeplinear.exact.refusal import expected_error
from deeplinear.exact.registry import CONDITIONS, FORMULAS
from deeplinear.exact.solve import residuals, solve

__all__ = [
    "CONDITIONS",
    "FORMULAS",
    "TOLERANCE",
    "Law",
    "Riccati",
    "aligned",
    "depth",
    "discrete",
    "expected_error",
    "infinite",
    "ntk",
    "residuals",
    "shallow",
    "sigmoid",
    "solve",
    "unequal",
    "unequal_depth",
]
