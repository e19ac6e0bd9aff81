"""The closed spectrum of two layers against the dense Hessian, and against the blocks of any depth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.curvature.conftest import dense_hessian, draw_network, network

from deeplinear.curvature.hessian import spectrum
from deeplinear.curvature.two_layers import two_layer_spectrum

# (inputs, hidden, outputs, active modes): the shapes of theory.md, 9.8, and each side of every inequality
SHAPES = [
    (3, 3, 3, 3),
    (4, 3, 5, 3),
    (5, 6, 4, 3),
    (3, 8, 6, 2),
    (6, 6, 6, 4),
    (2, 5, 2, 2),
    (6, 2, 3, 2),
    (2, 4, 6, 1),
    (6, 5, 2, 0),
    (4, 2, 4, 1),
    (1, 1, 1, 1),
    (3, 5, 1, 0),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_all_eigenvalues(shape):
    n_in, hidden, n_out, rank = shape
    widths = (n_in, hidden, n_out)
    rng = np.random.default_rng(sum(shape))
    u, goal, powers = draw_network(widths, rng, rank=rank, white=True)
    got = two_layer_spectrum(u, targets=goal, n_in=n_in, hidden=hidden, n_out=n_out)
    assert got.shape == (hidden * (n_in + n_out),)
    values = np.linalg.eigvalsh(dense_hessian(*network(u, goal, widths, powers, rng)))
    assert_allclose(got, values, rtol=0, atol=CLOSED_FORM * max(1.0, np.abs(values).max()))


def test_batches_agree_with_the_blocks():
    rng = np.random.default_rng(1)
    u, goal = rng.uniform(-1, 2, (3, 7, 4)), np.array([2.0, 2.0, 0.5, 0.0])
    u[1, :, 2] = 0.0
    got = two_layer_spectrum(u, targets=goal, n_in=6, hidden=5, n_out=4)
    assert got.shape == (3, 7, 50)
    assert_allclose(got, spectrum(u, targets=goal, widths=[6, 5, 4]), rtol=0, atol=1e-11)  # eigvalsh of order 5


def test_every_minimum_of_one_mode_is_as_sharp_as_its_layers():
    values = two_layer_spectrum([3.0], targets=[3.0], n_in=1, hidden=1, n_out=1)
    assert_allclose(values, [0.0, 6.0], atol=1e-14)  # a² + b² = 2s, the flattest minimum


def test_bad_input():
    with pytest.raises(
        ValueError, match=r"two_layer_spectrum needs at most min\(widths\) modes with a strength, got 2"
    ):
        two_layer_spectrum([1.0, 1.0], targets=[1.0, 1.0], n_in=2, hidden=1, n_out=2)
    with pytest.raises(ValueError, match=r"two_layer_spectrum needs finite strengths"):
        two_layer_spectrum([np.nan], targets=[1.0], n_in=2, hidden=1, n_out=2)
