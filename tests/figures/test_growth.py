"""Growth exponents of Fig. 6A against SciPy's regression."""

import numpy as np
import pytest
from scipy.stats import linregress

from deeplinear.figures.growth import growth, rows_of, times


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    layers = np.array([3, 5, 9, 17, 33, 3, 5, 9, 65])
    iterations = 2.0 * (layers - 1.0) ** 1.3 * np.exp(0.1 * rng.standard_normal(9))
    iterations[-1] = np.nan
    return {
        "layers": layers,
        "iterations": iterations,
        "rate": 1 / iterations,
        "steps": np.array(500),
        "start": np.array(["gaussian"] * 8 + ["gaussian"]),
        "inputs": np.array(["white"] * 9),
        "target": np.array([0.999] * 4 + [1.3e4] * 5),
    }


def test_exponent_and_error_are_those_of_least_squares(table):
    learned = np.arange(8)
    known = linregress(np.log(table["layers"][learned] - 1.0), np.log(table["iterations"][learned]))
    assert growth(table, np.arange(9)) == pytest.approx((known.slope, known.stderr), rel=1e-12)
    assert growth(table, np.arange(9), "rate") == pytest.approx((-known.slope, known.stderr), rel=1e-12)


def test_one_depth_has_no_growth(table):
    assert np.isnan(growth(table, np.array([0, 5]))).all()


def test_rows_by_start_inputs_and_target(table):
    assert rows_of(table, "gaussian", "white", strict=True).tolist() == [0, 1, 2, 3]
    assert rows_of(table, "gaussian", "white").tolist() == [4, 5, 6, 7, 8]
    assert rows_of(table, "gaussian", "raw").size == 0


def test_what_has_not_learned_counts_with_all_its_iterations(table):
    assert times(table, np.arange(9), 65) == 500
    assert times(table, np.arange(9), 3) == pytest.approx(table["iterations"][[0, 5]].mean())
