"""SciPy's BLAS and LAPACK, loaded when first called; typed loosely, for SciPy writes its wrappers by machine."""

from __future__ import annotations

from typing import Any


def blas() -> Any:
    """``scipy.linalg.blas``."""
    from scipy.linalg import blas

    return blas


def lapack() -> Any:
    """``scipy.linalg.lapack``."""
    from scipy.linalg import lapack

    return lapack
