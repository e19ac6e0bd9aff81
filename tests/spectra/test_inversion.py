import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM

from deeplinear.spectra.cancellation_free import (
    arctangent_deficit,
    cotangent_deficit,
    log_sine_deficit,
    sine_deficit,
)
from deeplinear.spectra.inversion import inverse


def test_inverse_of_a_bent_line():
    targets = np.array([-1e6, -300.0, -1.0, 0.0, 2.0, 150.0])
    y = inverse(lambda y: (y + 0.9 * np.sin(y), 1 + 0.9 * np.cos(y)), targets, what="a bent line")
    assert_allclose((y + 0.9 * np.sin(y))[:5], targets[:5], rtol=CLOSED_FORM, atol=CLOSED_FORM)
    assert y[5] == 100  # as far as the grid goes


def test_without_a_slope_the_bracket_is_halved():
    targets = np.linspace(-20, 20, 9)
    y = inverse(lambda y: (2 * y + np.tanh(y), 0 * y), targets, what="a line")
    assert_allclose(2 * y + np.tanh(y), targets, rtol=CLOSED_FORM, atol=CLOSED_FORM)


def test_no_convergence_is_an_error():
    with pytest.raises(
        RuntimeError, match=r"inverse needs a riddle to be reached, got 0.5 after 120 steps: .* did not"
    ):
        inverse(lambda y: (y + np.nan, np.ones_like(y)), np.array([0.5]), what="a riddle")


@pytest.mark.parametrize("u", [1e-150, 1e-8, 0.01, 0.1, 0.2, 0.2499, 0.2501, 0.5, 0.9999, 1.0001, 3.0])
def test_deficits_to_full_precision(u):
    import mpmath as mp

    mp.mp.dps = 400
    v, at = mp.mpf(u), np.array([u])
    pairs = [
        (sine_deficit(at), v - mp.sin(v)),
        (arctangent_deficit(at), v - mp.atan(v)),
        (cotangent_deficit(at, 1 / np.tan(at)), 1 / v - mp.cot(v)),
        (log_sine_deficit(at, np.sin(at)), -mp.log(mp.sin(v) / v)),
    ]
    for found, exact in pairs:
        assert exact < 1e-300 or abs(found[0] / float(exact) - 1) < 4e-15
