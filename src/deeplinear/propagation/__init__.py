"""Signals and gradients through deep nonlinear networks: mean field, Jacobians, free probability."""
