"""The branching diffusion: what is drawn, and its spectrum by three routes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear.data import hierarchy, hierarchy_examples, hierarchy_spectrum


def covariance(levels, flip):
    """Of two items over one feature, from the definition: ρ to the height of their last common ancestor."""
    items = range(2**levels)
    heights = [[next(h for h in range(levels + 1) if i >> h == j >> h) for j in items] for i in items]
    return ((1 - 2 * flip) ** 2) ** np.array(heights, dtype=float)


@pytest.mark.parametrize("levels", [0, 1, 2, 5, 7])
@pytest.mark.parametrize("flip", [0.0, 0.01, 0.1, 0.37, 0.5])
def test_spectrum_is_that_of_the_covariance(levels, flip):
    expected = np.linalg.eigvalsh(covariance(levels, flip))[::-1]
    found = hierarchy_spectrum(levels=levels, features=10, flip=flip)
    assert found.shape == (2**levels,)
    assert_allclose(found**2 / 10, expected, rtol=CLOSED_FORM, atol=1e-12)
    assert_allclose(np.sum(found**2 / 10), 2**levels, rtol=CLOSED_FORM)
    assert (np.diff(found) <= 0).all()


def test_spectrum_of_fig_3():
    """The eigenvalues and singular values printed for the paper's parameters, with their multiplicities."""
    s = hierarchy_spectrum(levels=5, features=1000, flip=0.1)
    values, counts = np.unique(s[::-1].round(6), return_counts=True)
    assert_array_equal(counts[::-1], [1, 1, 2, 4, 8, 16])
    assert_allclose(values[::-1] ** 2 / 1000, [6.568, 3.132, 2.1656, 1.4106, 0.8208, 0.36], rtol=0, atol=1e-4)
    assert_allclose(values[::-1], [81.0, 56.0, 46.5, 37.6, 28.6, 19.0], rtol=0, atol=0.05)  # one decimal is printed


def test_spectrum_keeps_its_digits_where_few_features_flip():
    """Naive twin in exact rationals: the printed form ``1 + Σ − 2^{h−1} ρ^h`` cancels."""
    from fractions import Fraction

    rho = (1 - 2 * Fraction(1e-9)) ** 2
    leaf, split = 1 - rho, 1 + rho - 2 * rho**2
    s = hierarchy_spectrum(levels=5, features=1, flip=1e-9)
    assert_allclose(s[[-1, 15]] ** 2, [float(leaf), float(split)], rtol=CLOSED_FORM)


@pytest.mark.parametrize("flip", [0.1, 0.3])
def test_samples_have_the_covariance_of_the_tree(flip):
    features = 40_000
    x, y = hierarchy_examples(levels=4, features=features, flip=flip, rng=1)
    assert_array_equal(x, np.eye(16))
    assert_array_equal(np.abs(y), 1.0)
    expected = covariance(4, flip)
    errors = np.sqrt(np.maximum(1 - expected**2, 1e-12) / features)  # of a mean of ±1
    assert (np.abs(y @ y.T / features - expected) < 5 * errors + 1e-12).all()
    assert (np.abs(y.mean(axis=1)) < 5 / np.sqrt(features)).all()


def test_sampled_singular_values_are_near_the_spectrum():
    """Modes 1, 2, 3, 5, 12, 18, 31 of Fig. 3: the finite-sample means of 30 draws printed in theory."""
    draws = np.array([hierarchy(rng=seed).modes.s for seed in range(30)])
    modes = np.array([1, 2, 3, 5, 12, 18, 31]) - 1
    spread = draws[:, modes].std(axis=0) / np.sqrt(30)
    printed = [80.8, 56.4, 47.8, 39.2, 28.9, 20.6, 16.9]
    assert (np.abs(draws[:, modes].mean(axis=0) - printed) < 5 * np.sqrt(2) * spread + 0.05).all()  # both are samples
    many = hierarchy(features=200_000, rng=0).modes.s / np.sqrt(200_000)
    assert_allclose(many, hierarchy_spectrum(features=1), rtol=0.02)  # √(32/200 000) is 0.013


def test_task_is_white_and_noiseless():
    task = hierarchy(levels=3, features=20, rng=0)
    assert (task.n_in, task.n_out, task.examples, task.anisotropy) == (8, 20, 8, 0.0)
    assert task.output_power == 160.0
    assert task.floor < 1e-12


def test_seeds():
    one, two, other = (hierarchy_examples(levels=3, features=9, rng=r)[1] for r in (0, np.random.default_rng(0), 1))
    assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_without_flips_all_items_are_alike():
    y = hierarchy_examples(levels=3, features=9, flip=0.0, rng=0)[1]
    assert_array_equal(y, y[:1] * np.ones((8, 1)))


@pytest.mark.parametrize("make", [hierarchy, hierarchy_spectrum])
@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": -1}, {"levels": 2.5}, {"levels": np.nan}, {"levels": np.inf}, {"levels": "5"}, {"levels": 60},
        {"features": 0}, {"features": 10.5}, {"features": None},
        {"flip": -0.1}, {"flip": 0.6}, {"flip": np.nan}, {"flip": "0.1"},
    ],
)  # fmt: skip
def test_refuses(make, wrong):
    ((name, _),) = wrong.items()
    need = {"levels": "a whole number 0 <= levels <= 13", "features": "whole features >= 1", "flip": "0 <= flip <= 0.5"}
    with pytest.raises(ValueError, match=rf"^hierarchy needs {need[name]}, got {name}=.*\. Pass"):
        make(**wrong)
