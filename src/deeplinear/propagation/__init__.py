"""Signals and gradients through deep nonlinear networks.

Infinitely wide: `MeanField` (variances, correlations, phases), `variances` along the depth, `jacobian_spectrum` and its
relatives, laws of the squared singular values of the end-to-end Jacobian with the interface of `deeplinear.spectra`.

As wide as they are: `log_jacobian_singular_values` measures all of one network's, `extreme_singular_values`,
`spectral_moments` and `spectral_density` without ever forming the matrix.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deeplinear.propagation.critical import CriticalPoint, critical_gain, critical_line
    from deeplinear.propagation.depth_scales import DepthScales
    from deeplinear.propagation.finite.extremes import ExtremeSingularValues, extreme_singular_values
    from deeplinear.propagation.finite.jacobian import log_jacobian_singular_values
    from deeplinear.propagation.finite.operator import jacobian_operator
    from deeplinear.propagation.finite.stochastic import spectral_density, spectral_moments
    from deeplinear.propagation.fixed_points import FixedPoint
    from deeplinear.propagation.free.atoms import Atoms
    from deeplinear.propagation.free.double_scaling import DoubleScaling
    from deeplinear.propagation.free.jacobian import JacobianLaw
    from deeplinear.propagation.free.one_layer import OneLayer
    from deeplinear.propagation.free.residual import ResidualLaw
    from deeplinear.propagation.free.spectrum import jacobian_moments, jacobian_spectrum
    from deeplinear.propagation.layer_variances import variances
    from deeplinear.propagation.mean_field import MeanField, variance_fixed_point
    from deeplinear.propagation.phases import PhaseDiagram, phase_diagram

__all__ = [
    "Atoms",
    "CriticalPoint",
    "DepthScales",
    "DoubleScaling",
    "ExtremeSingularValues",
    "FixedPoint",
    "JacobianLaw",
    "MeanField",
    "OneLayer",
    "PhaseDiagram",
    "ResidualLaw",
    "critical_gain",
    "critical_line",
    "extreme_singular_values",
    "jacobian_moments",
    "jacobian_operator",
    "jacobian_spectrum",
    "log_jacobian_singular_values",
    "phase_diagram",
    "spectral_density",
    "spectral_moments",
    "variance_fixed_point",
    "variances",
]

# by file: quadratures, LAPACK and workers load when they are used
LAZY = {
    "layer_variances": ("variances",),
    "critical": ("CriticalPoint", "critical_gain", "critical_line"),
    "fixed_points": ("FixedPoint",),
    "free.atoms": ("Atoms",),
    "free.double_scaling": ("DoubleScaling",),
    "free.jacobian": ("JacobianLaw",),
    "free.one_layer": ("OneLayer",),
    "free.residual": ("ResidualLaw",),
    "free.spectrum": ("jacobian_moments", "jacobian_spectrum"),
    "finite.jacobian": ("log_jacobian_singular_values",),
    "finite.extremes": ("ExtremeSingularValues", "extreme_singular_values"),
    "finite.operator": ("jacobian_operator",),
    "finite.stochastic": ("spectral_density", "spectral_moments"),
    "mean_field": ("MeanField", "variance_fixed_point"),
    "phases": ("PhaseDiagram", "phase_diagram"),
    "depth_scales": ("DepthScales",),
}


def __getattr__(name: str) -> object:
    for file, names in LAZY.items():
        if name in names:
            value = getattr(importlib.import_module(f"deeplinear.propagation.{file}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'deeplinear.propagation' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
