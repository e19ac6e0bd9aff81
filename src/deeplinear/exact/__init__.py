"""What theory says: exact learning dynamics, and `solve`, which picks the law that applies to a task and a start.

`modes` holds laws of one mode, as plain functions for when the numbers s and u0 are all there is (`sigmoid.strength`,
`depth.learning_time`, …); `matrices` laws of whole networks; `registry` lists what `solve` tries. Beside them: `curvature`
(Hessian, sharpness, stable rates), `kernels` (tangent kernel, rich and lazy), `generalisation` (noisy teachers), and
`development` (semantic learning).
"""

from deeplinear.exact import development
from deeplinear.exact.curvature import rates
from deeplinear.exact.curvature.gauss_newton import gauss_newton_eigenvalues
from deeplinear.exact.curvature.hessian import spectrum as hessian_spectrum
from deeplinear.exact.curvature.lanczos import hessian_extremes
from deeplinear.exact.curvature.path import SharpnessPath, crossings, sharpness_path, stability_limit
from deeplinear.exact.curvature.rates import largest_stable_rate, optimal_rate, sharpness, task_sharpness
from deeplinear.exact.curvature.two_layers import two_layer_spectrum
from deeplinear.exact.generalisation.high_dimensional import HighDimensional
from deeplinear.exact.generalisation.noisy_teacher import NoisyTeacher
from deeplinear.exact.generalisation.realised import Realised
from deeplinear.exact.kernels import compare, ntk, silent
from deeplinear.exact.kernels.regime import Regime, regime
from deeplinear.exact.law import TOLERANCE, Law
from deeplinear.exact.matrices import shallow
from deeplinear.exact.matrices.riccati import Riccati
from deeplinear.exact.modes import aligned, cycle, depth, discrete, infinite, sigmoid, unequal, unequal_depth
from deeplinear.exact.refusal import expected_error
from deeplinear.exact.registry import CONDITIONS, FORMULAS
from deeplinear.exact.solve import residuals, solve

__all__ = [
    "CONDITIONS",
    "FORMULAS",
    "TOLERANCE",
    "HighDimensional",
    "Law",
    "NoisyTeacher",
    "Realised",
    "Regime",
    "Riccati",
    "SharpnessPath",
    "aligned",
    "compare",
    "crossings",
    "cycle",
    "depth",
    "development",
    "discrete",
    "expected_error",
    "gauss_newton_eigenvalues",
    "hessian_extremes",
    "hessian_spectrum",
    "infinite",
    "largest_stable_rate",
    "ntk",
    "optimal_rate",
    "rates",
    "regime",
    "residuals",
    "shallow",
    "sharpness",
    "sharpness_path",
    "sigmoid",
    "silent",
    "solve",
    "stability_limit",
    "task_sharpness",
    "two_layer_spectrum",
    "unequal",
    "unequal_depth",
]
