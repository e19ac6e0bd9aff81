"""Blocks of the Hessian against the dense matrix of second derivatives, at any depth and shape."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.curvature.conftest import SHAPES, close, dense_hessian, draw_network, network

from deeplinear.curvature import rates
from deeplinear.curvature.hessian import extremes, spectrum


@pytest.mark.parametrize("white", [True, False])
@pytest.mark.parametrize("widths", SHAPES)
def test_spectrum_and_extremes_of_the_dense_hessian(widths, white):
    rng = np.random.default_rng(sum(widths))
    for _ in range(3):
        u, goal, powers = draw_network(widths, rng, white=white)
        values = np.linalg.eigvalsh(dense_hessian(*network(u, goal, widths, powers, rng)))
        got = spectrum(u, targets=goal, widths=widths, powers=powers)
        assert got.shape == (sum(a * b for a, b in itertools.pairwise(widths)),)
        close(got, values)
        close(extremes(u, targets=goal, widths=widths, powers=powers), values[[0, -1]])


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_extremes_leave_out_nothing(depth):
    rng = np.random.default_rng(depth)
    for k, pads in ((4, (5, 3)), (1, (0, 6)), (6, (2, 2))):
        u = rng.uniform(0, 2, (40, k)) ** 4 * rng.choice([0, 1], (40, k))
        goal = rng.uniform(0, 2, k) ** 3 * rng.choice([0, 1], k)
        widths = [k + pads[0], *[k + 2] * (depth - 1), k + pads[1]]
        powers = rng.uniform(0, 3, widths[0])
        whole = spectrum(u, targets=goal, widths=widths, powers=powers)
        close(np.stack(extremes(u, targets=goal, widths=widths, powers=powers)), whole[:, [0, -1]].T)


def test_large_inputs_without_a_target_can_be_the_sharpest():
    powers = np.array([1.0, 1.0, 9.0])
    top = extremes([2.0], targets=[2.0], widths=[3, 4, 4, 1], powers=powers)[1]
    assert_allclose(top, 9 * 2 ** (4 / 3), rtol=CLOSED_FORM)
    one_layer = extremes([2.0], targets=[1.0], widths=[5, 1], powers=[3.0, 2.0, 9.0, 1.0, 4.0])
    assert_allclose(one_layer, (1.0, 9.0), rtol=CLOSED_FORM)


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_one_mode_is_the_papers_chain(depth):
    a = np.linspace(0.2, 1.2, 5)
    top, other = rates.hessian_eigenvalues(a, s=1.4, depth=depth)
    expected = np.sort(np.stack([top] + [other] * (depth - 1), axis=1), axis=1)
    assert_allclose(
        spectrum(a[:, None] ** depth, targets=[1.4], widths=[1] * (depth + 1)), expected, rtol=1e-11, atol=1e-11
    )  # the powers of a round


def test_saddles():
    for widths, lowest in (([3, 3, 3], -2.0), ([3, 1, 3], 1.0 - 2.0)):  # with and without a free hidden unit
        assert_allclose(extremes([1.0, 0.0, 0.0], targets=[1.0, 2.0, 0.5], widths=widths)[0], lowest, rtol=CLOSED_FORM)
    assert_allclose(extremes([0.0, 0.0], targets=[4.0, 1.0], widths=[2, 2, 2]), (-4, 4), rtol=CLOSED_FORM)
    assert (np.array(extremes([0.0, 0.0], targets=[4.0, 1.0], widths=[2, 2, 2, 2])) == 0).all()


def test_batches_order_and_signs():
    rng = np.random.default_rng(3)
    u, goal, widths = rng.uniform(0, 2, (2, 5, 3)), np.array([2.0, 1.0, 0.3]), (4, 3, 5, 3)
    u[0, :, 1] = 0.0
    got = spectrum(u, targets=goal, widths=widths)
    assert got.shape == (2, 5, 4 * 3 + 3 * 5 + 5 * 3)
    for index in np.ndindex(2, 5):
        close(got[index], spectrum(u[index], targets=goal, widths=widths))
    close(spectrum(u[..., ::-1], targets=goal[::-1], widths=widths), got)
    close(spectrum(-u, targets=-goal, widths=widths), got)
    assert spectrum(np.zeros((0, 3)), targets=goal, widths=widths).shape == (0, 42)
    assert extremes(np.zeros((0, 3)), targets=goal, widths=widths)[1].shape == (0,)


def test_one_scale_of_white_inputs_is_a_change_of_units():
    c, depth = 2.5, 3
    u, goal, widths = np.array([0.7, 0.2]), np.array([1.0, 0.6]), (2, 3, 3, 2)
    scaled = spectrum(u, targets=goal, widths=widths, powers=c)
    white = spectrum(c * u, targets=c * goal, widths=widths)  # w~ = c^(1/L) w, and a loss c times as large
    assert_allclose(scaled, c ** (2 / depth - 1) * white, rtol=1e-11, atol=CLOSED_FORM)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": [2, 1, 2]}, r"spectrum needs at most min\(widths\) modes with a strength, got 2"),
        ({"widths": [2]}, r"spectrum needs widths \(n_in, …, n_out\) of whole numbers >= 1, got widths=\[2\]"),
        ({"widths": [2, 2.5, 2]}, r"spectrum needs widths"),
        ({"widths": [2, 0, 2]}, r"spectrum needs widths"),
        ({"widths": [1, 3, 2]}, r"spectrum needs at most 1 modes, got 2 for 1 inputs"),
        ({"strengths": [np.nan, 1.0]}, r"spectrum needs finite strengths, got strengths=nan"),
        ({"targets": [np.inf, 1.0]}, r"spectrum needs finite targets"),
        ({"targets": [1.0, 1.0, 1.0]}, r"spectrum needs strengths and targets of shapes that match"),
        ({"powers": [1.0, 1.0, 1.0]}, r"spectrum needs powers of shape \(2,\) or one number, got shape \(3,\)"),
        ({"powers": -1.0}, r"spectrum needs powers >= 0, got powers=-1.0"),
    ],
)
def test_bad_input(arguments, message):
    good = {"strengths": [1.0, 0.5], "targets": [1.0, 1.0], "widths": [2, 3, 2]} | arguments
    with pytest.raises(ValueError, match=message):
        spectrum(good.pop("strengths"), **good)
