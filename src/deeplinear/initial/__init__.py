"""Where weights start. Every start takes layer widths ``(n_in, …, n_out)`` and an ``rng``."""

from deeplinear.initial.decoupled import decoupled
from deeplinear.initial.gaussian import gaussian
from deeplinear.initial.glorot import glorot
from deeplinear.initial.orthogonal import orthogonal
from deeplinear.initial.reduced import reduced_decoupled, reduced_orthogonal

__all__ = ["INITIALISERS", "decoupled", "gaussian", "glorot", "orthogonal", "reduced_decoupled", "reduced_orthogonal"]

INITIALISERS = {"orthogonal": orthogonal, "gaussian": gaussian, "glorot": glorot}  # those that need no task
