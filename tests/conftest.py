"""Tolerances, named once (see CONTRIBUTING.md)."""

import os

# one BLAS thread a worker, set before NumPy loads: parallel tests on two cores are 10-40 times slower otherwise
for pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(pool, "1")

CLOSED_FORM = 1e-12  # closed form against closed form
INTEGRATOR = 1e-8  # closed form against an ODE or a quadrature, the solver three decades tighter
TIMES = 1e-13  # times to learn against 60-digit arithmetic
TWO_LAYER = 1e-10  # two-layer strengths against an ODE
REDUCED_LOSS = 1e-12  # reduced against unreduced descent, losses relative to the first
LIFTED = 1e-10  # lifted against unreduced weights, relative
ORDER = 0.1  # ratio of the errors at one step and at half of it, 2 but for the next order (style: 2 ± 0.1)
DIFFERENT = 1e-3  # random numbers that agree no better than to this are not the same
