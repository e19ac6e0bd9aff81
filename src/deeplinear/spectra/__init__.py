"""Laws of random matrices, in the manners of scipy.stats.

`FussCatalan`, `MarchenkoPastur` are laws of squared singular values, their ``singular_values()`` of the values themselves;
`QuarterCircle` is one of them in closed form. `GinibreProduct` is for eigenvalues, `Triangle` and the Lyapunov exponents
for products longer than they are wide. ``LAWS`` lists the laws; each is tested by being listed.
"""

from deeplinear.spectra.fuss_catalan import FussCatalan
from deeplinear.spectra.ginibre import GinibreProduct
from deeplinear.spectra.law import SpectralLaw
from deeplinear.spectra.lyapunov import (
    LogSingularValues,
    Triangle,
    long_product,
    lyapunov_exponents,
    lyapunov_variances,
)
from deeplinear.spectra.marchenko_pastur import MarchenkoPastur
from deeplinear.spectra.quarter_circle import QuarterCircle

LAWS = (FussCatalan, MarchenkoPastur, QuarterCircle, GinibreProduct, Triangle)

__all__ = [
    "LAWS",
    "FussCatalan",
    "GinibreProduct",
    "LogSingularValues",
    "MarchenkoPastur",
    "QuarterCircle",
    "SpectralLaw",
    "Triangle",
    "long_product",
    "lyapunov_exponents",
    "lyapunov_variances",
]
