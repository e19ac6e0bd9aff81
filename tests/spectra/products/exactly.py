"""Spectra of products of dyadic matrices: the product in integers, its values in as many digits as it takes."""

from functools import reduce

import mpmath
import numpy as np

BITS = 40


def dyadic(w):
    """Entries rounded to multiples of 2^-40: still generic, and exact in integers."""
    return np.round(w * 2.0**BITS) / 2.0**BITS


def product(factors, digits):
    """``W_L ⋯ W_1`` as an mpmath matrix, every digit right; call inside ``mpmath.workdps(digits)``."""
    whole = [np.vectorize(int, otypes=[object])(w * 2.0**BITS) for w in factors]
    scale = mpmath.mpf(2) ** (-BITS * len(whole))
    exact = reduce(lambda below, above: above @ below, whole)
    return mpmath.matrix([[mpmath.mpf(int(x)) * scale for x in row] for row in exact])


def log_singular_values(factors, *, digits):
    with mpmath.workdps(digits):
        values = mpmath.svd_r(product(factors, digits), compute_uv=False)
        return np.sort([float(mpmath.log(s)) for s in values])[::-1]
