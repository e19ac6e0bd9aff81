"""The embedded digits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear.data import digits, load_digits


def test_examples():
    x, y = load_digits()
    assert x.shape == (1797, 64)
    assert (x.min(), x.max()) == (0.0, 1.0)
    assert_array_equal(y.sum(axis=1), 1.0)
    assert_array_equal(y.sum(axis=0), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])  # as UCI counts its test set
    assert_array_equal(x[0, :8] * 16, [0, 0, 5, 13, 9, 1, 0, 0])  # the first row of the first image, a zero
    assert y[0, 0] == 1.0


@pytest.mark.parametrize(("inputs", "n_in", "rank"), [("raw", 64, 10), ("centred", 64, 9), ("white", 61, 9)])
def test_task(inputs, n_in, rank):
    task = digits(inputs=inputs)
    assert (task.n_in, task.n_out, task.rank, task.examples) == (n_in, 10, rank, 1797)
    assert task.output_power == 1797.0
    x, y = load_digits()
    x = x if inputs == "raw" else x - x.mean(axis=0)
    residual = y - x @ np.linalg.lstsq(x, y, rcond=1e-10)[0]
    assert_allclose(task.floor, 0.5 * np.sum(residual**2), rtol=1e-8)


def test_means():
    assert_allclose(digits(reduction="mean").modes.s * 1797, digits().modes.s, rtol=1e-11, atol=1e-10)
