import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.special import hyp2f1
from tests.conftest import CLOSED_FORM, INTEGRATOR, TIMES

from deeplinear.exact import depth, infinite, sigmoid

DEPTHS = [1, 2, 3, 4, 9, 99, 999, math.inf]
EPS = np.finfo(float).eps


def reference_time(u, s, u0, layers):
    """60 digits, from hypergeometric functions; cancellation is harmless there."""
    with mp.workdps(60):
        u, s, u0 = mp.mpf(float(u)), mp.mpf(float(s)), mp.mpf(float(u0))
        if layers == 1:
            return float(mp.log((s - u0) / (s - u)))
        e = 0 if layers == math.inf else mp.mpf(2) / layers
        p, pace = 2 - e, 1 if layers == math.inf else layers
        if s == 0:
            return float((u**-p - u0**-p) / (p * pace))

        def below(x):
            if layers == 2:
                return mp.log(x / (1 - x))
            if layers == math.inf:
                return mp.log(x / (1 - x)) - 1 / x
            return -(x ** (1 - p)) / (p - 1) * mp.hyp2f1(1, 1 - p, 2 - p, x)

        def above(z):
            return z**p / p * mp.hyp2f1(1, p, 1 + p, z)

        span = below(u / s) - below(u0 / s) if u0 < s else above(s / u) - above(s / u0)
        return float(span * s**-p / pace)


@pytest.mark.parametrize("layers", DEPTHS)
def test_times_against_sixty_digits(layers):
    rng = np.random.default_rng(layers if layers < math.inf else 0)
    s = 10 ** rng.uniform(-6, 6, 40)
    u0 = 10 ** rng.uniform(-12, np.log10(s))
    share = np.where(rng.random(40) < 0.5, rng.uniform(0.01, 0.99, 40), 1 - 10 ** rng.uniform(-12, -1, 40))
    u = u0 + (s - u0) * share
    u0[::3] = s[::3] * 10 ** rng.uniform(0.01, 6, len(s[::3]))  # from above
    u[::3] = s[::3] + (u0[::3] - s[::3]) * rng.uniform(1e-3, 0.9, len(s[::3]))
    s[::12] = 0
    got = depth.learning_time(u, s=s, u0=u0, depth=layers)
    want = [reference_time(*case, layers) for case in zip(u, s, u0, strict=True)]
    assert_allclose(got, want, rtol=TIMES)


@pytest.mark.parametrize("layers", [3, 9])
def test_times_are_a_hypergeometric_function(layers):
    p, s, u = 2 - 2 / layers, 1.7, np.array([0.01, 0.4, 1.2, 1.69])
    f = u ** (1 - p) / ((1 - p) * s) * hyp2f1(1, 1 - p, 2 - p, u / s)
    assert_allclose(depth.learning_time(u[1:], s=s, u0=u[0], depth=layers), (f[1:] - f[0]) / layers, rtol=CLOSED_FORM)


@pytest.mark.parametrize("layers", DEPTHS)
@pytest.mark.parametrize(("s", "u0"), [(1.0, 0.03), (30.0, 0.5), (1e-3, 1e-4), (0.5, 2.0), (0.0, 0.7), (1.0, 0.9999)])
def test_solves_its_equation(layers, s, u0):
    p, pace = (2 - 2 / layers, layers) if layers < math.inf else (2.0, 1.0)
    end = 20 / (pace * max(s, u0) ** p)
    if 0 < u0 < s:
        end = 3 * depth.learning_time((u0 + s) / 2, s=s, u0=u0, depth=layers)
    times = np.linspace(0, end, 20)
    run = solve_ivp(
        lambda _, u: pace * u**p * (s - u), (0, end), [u0], t_eval=times, method="DOP853", rtol=1e-13, atol=1e-15 * u0
    )
    kappa = depth.condition(times, s=s, u0=u0, depth=layers)
    got = depth.strength(times, s=s, u0=u0, depth=layers)
    assert (np.abs(got / run.y[0] - 1) < INTEGRATOR * (1 + kappa)).all()
    assert np.median(np.abs(got / run.y[0] - 1)) < 1e-10


@pytest.mark.parametrize("layers", DEPTHS)
def test_strengths_invert_times_over_the_whole_range(layers):
    rng = np.random.default_rng(1)
    n = 4000
    s = 10 ** rng.uniform(-6, 6, n)
    u0 = np.where(rng.random(n) < 0.7, s * 10 ** rng.uniform(-12, -0.01, n), s * 10 ** rng.uniform(0.01, 8, n))
    rise = u0 * (s / u0) ** rng.uniform(0, 1, n)
    u = np.where(u0 < s, rise, u0 + (s - u0) * (1 - 10 ** rng.uniform(-9, -0.001, n)))
    t = depth.learning_time(u, s=s, u0=u0, depth=layers)
    got = depth.strength(t, s=s, u0=u0, depth=layers)
    kappa = depth.condition(t, s=s, u0=u0, depth=layers)
    assert (np.abs(got / u - 1) < 60 * EPS * (1 + kappa)).all()


@pytest.mark.parametrize("layers", DEPTHS)
def test_limits(layers):
    s, u0 = np.array([0.0, 1e-6, 1.0, 1e6]), np.array([[1e-12], [1e-3], [2.0], [1e7]])
    assert (depth.strength(0.0, s=s, u0=u0, depth=layers) == u0).all()
    assert_allclose(depth.strength(np.inf, s=s[1:], u0=u0, depth=layers), np.broadcast_to(s[1:], (4, 3)), rtol=1e-15)
    assert depth.strength(3.0, s=0.5, u0=0.5, depth=layers) == 0.5
    t = np.linspace(0, 3, 7)
    tiny, none = (depth.strength(t, s=x, u0=0.4, depth=layers) for x in (1e-15, 0.0))
    assert_allclose(tiny, none, rtol=CLOSED_FORM, atol=1e-14)


def test_depth_two_is_the_sigmoid_and_depth_one_the_exponential():
    t, s = np.linspace(0, 6, 30)[:, None], np.array([0.2, 1.0, 3.0])
    for u0 in (1e-6, 0.1, 5.0):
        two = sigmoid.strength(t, s=s, u0=u0, tau=1.3)
        got = depth.strength(t, s=s, u0=u0, depth=2, tau=1.3)
        assert (np.abs(got / two - 1) < CLOSED_FORM * (1 + sigmoid.condition(t, s=s, u0=u0, tau=1.3))).all()
        one = s + (u0 - s) * np.exp(-t / 1.3)
        assert_allclose(depth.strength(t, s=s, u0=u0, depth=1, tau=1.3), one, rtol=CLOSED_FORM, atol=1e-14)


def test_deep_tends_to_infinitely_deep():
    u = np.array([0.2, 0.5, 0.9])
    limit = infinite.learning_time(u, s=1.0, u0=0.1)
    errors = [
        np.abs(layers * depth.learning_time(u, s=1.0, u0=0.1, depth=layers) / limit - 1) for layers in (100, 1000)
    ]
    assert_allclose(errors[0] / errors[1], 10, rtol=0.1)  # first order in 1/depth


def test_plateau_asymptotes():
    # ratio of time to asymptote for s = 1 from 1e-6 to 1/2, from an independent quadrature
    for layers, ratio in ((3, 0.9915), (4, 0.99947), (5, 0.99996), (9, 1.00003), (99, 1.00001)):
        exact = depth.learning_time(0.5, s=1.0, u0=1e-6, depth=layers)
        assert_allclose(exact / (1e-6 ** (-(layers - 2) / layers) / (layers - 2)), ratio, atol=6e-5)


def test_vectorised_over_everything():
    t, s, u0 = np.linspace(0, 2, 5)[:, None, None], np.array([0.5, 2.0, 0.0]), np.array([[0.1], [3.0]])
    tau = np.array([1.0, 2.0, 3.0])
    got = depth.strength(t, s=s, u0=u0, depth=5, tau=tau)
    assert got.shape == (5, 2, 3)
    for i, j, k in np.ndindex(got.shape):
        one = depth.strength(t[i, 0, 0], s=s[k], u0=u0[j, 0], depth=5, tau=tau[k])
        assert_allclose(got[i, j, k], one, rtol=1e-14)  # vector and scalar exp differ in the last place


def test_condition_is_the_logarithmic_derivative():
    t, h = np.array([0.5, 1.5, 3.0]), 1e-5
    for layers in (1, 2, 7):
        up, down = (depth.strength(t * (1 + e), s=1.1, u0=0.2, depth=layers, tau=1.5) for e in (h, -h))
        slope = np.log(up / down) / (2 * h)
        assert_allclose(depth.condition(t, s=1.1, u0=0.2, depth=layers, tau=1.5), slope, rtol=1e-7, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(
    t=st.floats(0, 1e9),
    s=st.floats(1e-6, 1e6) | st.just(0.0),
    u0=st.floats(1e-12, 1e7),
    layers=st.integers(1, 1000),
)
def test_strengths_stay_between_start_and_target(t, s, u0, layers):
    u = depth.strength(t, s=s, u0=u0, depth=layers)
    low, high = min(s, u0), max(s, u0)
    assert low * (1 - 1e-9) <= u <= high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"u0": 0.0},
            r"strength needs u0 > 0, got u0=0.0: u = 0 is a fixed point and never learns\. Pass a small positive",
        ),
        ({"u0": -0.1}, r"strength needs u0 > 0, got u0=-0.1: this formula is for modes of the right sign"),
        ({"depth": 0}, r"strength needs a whole depth >= 1, got depth=0"),
        ({"depth": 2.5}, r"strength needs a whole depth >= 1, got depth=2.5"),
        ({"s": [-1.0]}, r"strength needs a finite s >= 0, got s=-1.0"),
    ],
)
def test_bad_input(arguments, message):
    good = {"s": 1.0, "u0": 0.1, "depth": 3} | arguments
    with pytest.raises(ValueError, match=message):
        depth.strength(1.0, **good)


def test_strengths_never_reached():
    assert depth.learning_time(1.0, s=1.0, u0=0.5, depth=3) == np.inf
    assert depth.learning_time(0.5, s=1.0, u0=2.0, depth=3) == np.inf
    assert depth.learning_time(0.2, s=1.0, u0=0.5, depth=3) < 0
    with pytest.raises(ValueError, match=r"learning_time needs u > 0, got u=-0.1"):
        depth.learning_time(-0.1, s=1.0, u0=0.5, depth=3)
