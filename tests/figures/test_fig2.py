"""The plane of Fig. 2: where its trajectories begin and end, and which steps they take."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear.figures import fig2

STARTS = ((0.9, -0.6), (0.02, 1.8), (-1.2, -1.9))


@pytest.fixture(scope="module")
def data():
    return fig2.compute(s=1.5, extent=2.0, grid=5, starts=STARTS, duration=3.0, rate=0.02, points=6)


def stepped(rate, steps):
    """Gradient descent written out."""
    a, b = np.array(STARTS).T
    for _ in range(steps):
        gap = 1.5 - a * b
        a, b = a + rate * b * gap, b + rate * a * gap
    return np.stack([a, b], axis=-1)


def test_paths_begin_at_the_starts_and_end_at_the_same_time(data):
    for name in ("law", "path", "descent", "finer"):
        assert_allclose(data[name][:, 0], STARTS, rtol=1e-14)
    assert_allclose(data["times"], np.arange(7) * 0.5, rtol=1e-12)  # 25 steps of 0.02 each
    assert_allclose(data["path"][:, -1], data["law"][:, -1], rtol=CLOSED_FORM)
    assert data["path"].shape == (3, 300, 2)


def test_descent_takes_its_own_steps_and_the_finer_one_half_of_them(data):
    for i in range(7):
        assert_allclose(data["descent"][:, i], stepped(0.02, 25 * i), rtol=1e-11)
        assert_allclose(data["finer"][:, i], stepped(0.01, 50 * i), rtol=1e-11)


def test_the_law_solves_its_equation(data):
    """By tiny steps of the second order, extrapolated."""
    coarse, fine = (stepped(0.5 / n, n) for n in (20_000, 40_000))
    assert_allclose(data["law"][:, 1], 2 * fine - coarse, atol=1e-8)


def test_the_field_has_a_along_columns_and_b_along_rows(data):
    side = np.linspace(-2, 2, 5)
    assert_array_equal(data["side"], side)
    for row, b in enumerate(side):
        for column, a in enumerate(side):
            assert_allclose(data["field"][row, column], [b * (1.5 - a * b), a * (1.5 - a * b)], atol=1e-12)


def test_hessian_at_the_origin(data):
    assert_allclose(data["hessian"], [[0, -1.5], [-1.5, 0]], atol=1e-6)
