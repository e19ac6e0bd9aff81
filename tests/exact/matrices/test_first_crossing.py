import numpy as np
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM

from deeplinear.exact.matrices.first_crossing import aims, first_crossing

GRID = np.linspace(0, 10, 201)


def curves(t):
    """Rises for ever; turns back; starts above, dips, returns; never; falls only."""
    return np.stack([t / 10, np.sin(t), 1 + np.cos(t), np.full_like(t, -0.5), 1 - t], axis=1)


def test_first_times_and_no_later_ones():
    found = first_crossing(curves, np.array([0.37, 0.8, 1.0, 0.5, 0.5]), GRID)
    assert_allclose(found[:2], [3.7, np.arcsin(0.8)], rtol=CLOSED_FORM)
    assert found[2] == 0.0
    assert np.isnan(found[3])
    assert found[4] == 0.0


def test_a_curve_that_falls_first():
    found = first_crossing(lambda t: np.stack([(t - 1) ** 2 - 2], axis=1), np.array([-0.5]), GRID)
    assert_allclose(found, 1 + np.sqrt(1.5), rtol=CLOSED_FORM)


def test_modes_that_are_not_asked_about():
    found = first_crossing(curves, np.full(5, np.inf), GRID)
    assert np.isnan(found).all()
    assert (first_crossing(curves, np.full(5, -1.0), GRID)[:4] == 0).all()


def test_each_mode_is_refined_on_its_own_bracket():
    aim = np.array([0.111, 0.222, 0.05])
    found = first_crossing(lambda t: np.stack([t / 10, (t / 10) ** 2, 1 - np.exp(-t)], axis=1), aim, GRID)
    assert_allclose(found, [1.11, 10 * np.sqrt(0.222), -np.log(0.95)], rtol=CLOSED_FORM)


def test_reaching_on_a_grid_time_and_after_uneven_ones():
    ramp = lambda t: t[:, None]  # noqa: E731
    assert_allclose(first_crossing(ramp, np.array([5.0]), GRID), 5.0, rtol=CLOSED_FORM)
    assert_allclose(first_crossing(ramp, np.array([3.0]), np.array([0.0, 1.0, 1e6])), 3.0, rtol=CLOSED_FORM)
    assert np.isnan(first_crossing(ramp, np.array([11.0]), GRID)).all()
    assert (
        first_crossing(lambda t: np.full((len(t), 1), 0.5), np.array([0.5]), GRID) == 0.0
    )  # there already, and no more


def test_aims_are_shares_of_targets_that_there_are():
    got = aims(np.array([4.0, -2.0, 0.0, 1.0]), 3, 0.25)
    assert (got == [1.0, np.inf, np.inf, np.inf]).all()
    assert (aims(np.array([4.0, 2.0]), 2, 0.5) == [2.0, 1.0]).all()
