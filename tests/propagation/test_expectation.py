"""Gaussian means of one pre-activation."""

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import erf
from tests.conftest import CLOSED_FORM

from deeplinear.activations import ACTIVATIONS, as_activation
from deeplinear.activations.custom import custom
from deeplinear.propagation.expectation import gaussian_mean, rule

QS = (1e-4, 0.01, 1.0, 12.6, 300.0)
ORACLE = {
    "tanh": (mp.tanh, lambda x: mp.sech(x) ** 2, ()),
    "hard_tanh": (lambda x: max(min(x, 1), -1), lambda x: int(abs(x) < 1), (-1, 1)),
    "elu": (lambda x: x if x > 0 else mp.expm1(x), lambda x: 1 if x > 0 else mp.exp(x), (0,)),
    "silu": (
        lambda x: x / (1 + mp.exp(-x)),
        lambda x: 1 / (1 + mp.exp(-x)) + x * mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
        (),
    ),
}


def exactly(f, q, kinks):
    """The mean of f by 30-digit arithmetic."""
    with mp.workdps(30):
        sd = mp.sqrt(mp.mpf(q))
        breaks = sorted({*np.linspace(-13, 13, 14), 0.0, *[b / float(sd) for b in (-3, *kinks, 3)]})
        breaks = [mp.mpf(b) if b not in [k / float(sd) for k in kinks] else None for b in breaks if abs(b) <= 13]
        inner = [mp.mpf(k) / sd for k in kinks if abs(mp.mpf(k) / sd) < 13]
        ends = sorted([b for b in breaks if b is not None] + inner)
        return float(mp.quad(lambda z: f(sd * z) * mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi), ends))


@pytest.mark.parametrize("q", QS)
@pytest.mark.parametrize("name", ORACLE)
def test_means_are_those_of_30_digits(name, q):
    phi = as_activation(name)
    value, slope, kinks = ORACLE[name]
    assert_allclose(
        gaussian_mean(lambda h: np.square(phi(h)), q, phi.kinks), exactly(lambda x: value(x) ** 2, q, kinks), rtol=1e-13
    )
    for power in (2, 4):
        expected = exactly(lambda x, power=power: slope(x) ** power, q, kinks)
        assert_allclose(gaussian_mean(lambda h, p=power: phi.derivative(h) ** p, q, phi.kinks), expected, rtol=1e-13)


@pytest.mark.parametrize("q", [*QS, 1e6, 1e12])
def test_erf_and_relu_have_closed_forms(q):
    e, relu, hard = as_activation("erf"), as_activation("relu"), as_activation("hard_tanh")
    assert_allclose(
        gaussian_mean(lambda h: np.square(e(h)), q), 2 / np.pi * np.arctan2(2 * q, np.sqrt(1 + 4 * q)), rtol=CLOSED_FORM
    )
    assert_allclose(
        gaussian_mean(lambda h: np.square(e.derivative(h)), q), 4 / np.pi / np.sqrt(1 + 4 * q), rtol=CLOSED_FORM
    )
    assert_allclose(gaussian_mean(lambda h: np.square(relu(h)), q, relu.kinks), q / 2, rtol=CLOSED_FORM)
    assert_allclose(gaussian_mean(relu.derivative, q, relu.kinks), 0.5, rtol=CLOSED_FORM)
    assert_allclose(gaussian_mean(hard.derivative, q, hard.kinks), erf(1 / np.sqrt(2 * q)), rtol=CLOSED_FORM)


@pytest.mark.parametrize("q", QS)
@pytest.mark.parametrize("phi", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_the_plain_rule_is_right_to_13_digits(phi, q):
    """Level 0 against four times as many nodes, and weights that sum to one."""
    (h, weight), (fine, finer) = rule(q, phi.kinks), rule(q, phi.kinks, 2)
    assert_allclose(weight.sum(), 1, rtol=1e-14)
    assert_allclose(finer.sum(), 1, rtol=1e-14)
    for f in (phi.function, phi.derivative, phi.second, lambda h: phi.derivative(h) ** 4):
        size = np.abs(f(fine)) @ finer
        assert_allclose(f(h) @ weight, f(fine) @ finer, atol=1e-13 * size + 1e-300, rtol=0)


def test_moments_and_leading_axes():
    moments = gaussian_mean(lambda h: np.stack([h, h**2, h**4, h**6]), 3.0)
    assert_allclose(moments, [0, 3, 27, 15 * 27], rtol=1e-13, atol=1e-13)
    assert gaussian_mean(lambda h: np.ones((2, 3, h.size)), 0.5).shape == (2, 3)
    assert gaussian_mean(np.cos, 0.0) == 1.0


def test_zero_variance_is_the_limit_from_above():
    relu, hard = as_activation("relu"), as_activation("hard_tanh")
    assert gaussian_mean(lambda h: relu.derivative(h) ** 2, 0.0, relu.kinks) == 0.5
    assert gaussian_mean(lambda h: hard.derivative(h) ** 2, 0.0, hard.kinks) == 1.0


def test_a_kink_that_was_not_named_is_refused_and_a_named_one_is_not():
    with pytest.raises(
        RuntimeError, match=r"gaussian_mean needs a function that is smooth between its kinks, got kinks=\(\)"
    ):
        gaussian_mean(lambda h: np.abs(h - 0.3), 1.0)
    folded = 2 * np.exp(-0.045) / np.sqrt(2 * np.pi) + 0.3 * erf(0.3 / np.sqrt(2))
    assert_allclose(gaussian_mean(lambda h: np.abs(h - 0.3), 1.0, (0.3,)), folded, rtol=1e-13)
    mine = custom(lambda x: np.abs(np.asarray(x) - 0.3), kinks=(0.3,))
    assert_allclose(gaussian_mean(lambda h: mine.derivative(h) ** 2, 1.0, mine.kinks, 1e-9), 1, rtol=1e-9)


def test_what_has_no_mean_is_refused():
    with pytest.raises(RuntimeError, match=r"grows more slowly than exp"):
        gaussian_mean(lambda h: np.exp(np.square(h) / 2), 1.0)
    with pytest.raises(RuntimeError, match=r"not finite at -"), np.errstate(invalid="ignore"):
        gaussian_mean(np.sqrt, 1.0)
    with pytest.raises(ValueError, match=r"gaussian_mean needs a finite variance >= 0, got variance=-1.0"):
        gaussian_mean(np.sin, -1.0)
    assert_allclose(gaussian_mean(np.exp, 4.0), np.exp(2), rtol=1e-12)


def test_one_mean_of_several_that_does_not_settle_or_grows_is_enough():
    with pytest.raises(RuntimeError, match=r"smooth between its kinks"):
        gaussian_mean(lambda h: np.stack([h**2, np.abs(h - 0.3)]), 1.0)
    for side in (-1, 1):
        with pytest.raises(RuntimeError, match=r"grows more slowly than exp"):
            gaussian_mean(lambda h, side=side: np.exp(np.square(np.maximum(side * h, 0)) / 2), 1.0, (0.0,))


@pytest.mark.parametrize("variance", [-1.0, np.inf, np.nan])
def test_variances_that_no_gaussian_has(variance):
    with pytest.raises(ValueError, match=r"gaussian_mean needs a finite variance >= 0, got variance="):
        gaussian_mean(np.square, variance)
