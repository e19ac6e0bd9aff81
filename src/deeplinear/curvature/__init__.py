"""The curvature of the loss along the path of learning, and how large a learning rate it allows.

`sharpness` and `sharpness_path` take any weights, law or run; `task_sharpness`, `largest_stable_rate` and `optimal_rate` need a
task or its singular values only; `hessian_spectrum`, `two_layer_spectrum`, `hessian_extremes` and `gauss_newton_eigenvalues`
give eigenvalues; `crossings` and `stability_limit` tell where a path meets the edge of stability, and `cycle` what descent does
beyond it.
"""

from deeplinear.curvature import cycle, rates
from deeplinear.curvature.gauss_newton import gauss_newton_eigenvalues
from deeplinear.curvature.hessian import spectrum as hessian_spectrum
from deeplinear.curvature.lanczos import hessian_extremes
from deeplinear.curvature.path import SharpnessPath, crossings, sharpness_path, stability_limit
from deeplinear.curvature.rates import largest_stable_rate, optimal_rate, sharpness, task_sharpness
from deeplinear.curvature.two_layers import two_layer_spectrum

__all__ = [
    "SharpnessPath",
    "crossings",
    "cycle",
    "gauss_newton_eigenvalues",
    "hessian_extremes",
    "hessian_spectrum",
    "largest_stable_rate",
    "optimal_rate",
    "rates",
    "sharpness",
    "sharpness_path",
    "stability_limit",
    "task_sharpness",
    "two_layer_spectrum",
]
