"""The former home of `deeplinear.propagation.along_depth`; a module of this name hides the function `variances`."""

from deeplinear.propagation.along_depth import homogeneous, nonnegative, scale, variance_map, variances

__all__ = ["homogeneous", "nonnegative", "scale", "variance_map", "variances"]
