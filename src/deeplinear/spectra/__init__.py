"""Laws of random matrices, with the scipy.stats interface.

`FussCatalan`, `MarchenkoPastur` are laws of squared singular values, their ``singular_values()`` of the values themselves;
`QuarterCircle` is one of them in closed form. `GinibreProduct` is for eigenvalues, `Triangle` and the Lyapunov exponents
for products longer than they are wide. ``LAWS`` lists the laws; each is tested by being listed.

`log_singular_values` measures any product, `gaussian_product_spectra` and `gaussian_product_samples` draw Gaussian ones.
"""

import importlib
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from deeplinear.spectra.products.gaussian_products import (
        ProductSpectra,
        gaussian_product_samples,
        gaussian_product_spectra,
    )
    from deeplinear.spectra.products.log_singular import log_singular_values

LAWS = (FussCatalan, MarchenkoPastur, QuarterCircle, GinibreProduct, Triangle)

__all__ = [
    "LAWS",
    "FussCatalan",
    "GinibreProduct",
    "LogSingularValues",
    "MarchenkoPastur",
    "ProductSpectra",
    "QuarterCircle",
    "SpectralLaw",
    "Triangle",
    "gaussian_product_samples",
    "gaussian_product_spectra",
    "log_singular_values",
    "long_product",
    "lyapunov_exponents",
    "lyapunov_variances",
]

# sampling needs workers and LAPACK, the laws do not
LAZY = {
    "ProductSpectra": "deeplinear.spectra.products.gaussian_products",
    "gaussian_product_samples": "deeplinear.spectra.products.gaussian_products",
    "gaussian_product_spectra": "deeplinear.spectra.products.gaussian_products",
    "log_singular_values": "deeplinear.spectra.products.log_singular",
}


def __getattr__(name: str) -> object:
    if name not in LAZY:
        raise AttributeError(f"module 'deeplinear.spectra' has no attribute {name!r}")
    return getattr(importlib.import_module(LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
