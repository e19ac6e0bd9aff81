import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.conftest import CLOSED_FORM, TWO_LAYER

from deeplinear.exact import sigmoid, unequal

STARTS = [
    (0.1, 0.1),
    (0.3, 0.3 + 1e-9),
    (1e-3, 1e-3 * (1 + 1e-7)),
    (0.1, 1.0),
    (5.0, 0.01),
    (-0.2, 0.3),
    (0.3, -0.2),
    (-0.4, -0.1),
    (0.0, 0.2),
    (0.2, 0.0),
    (-0.3, 0.3),
    (3.0, 2.0),
]


def witness(times, s, a0, b0):
    run = solve_ivp(
        lambda _, q: [q[1] * (s - q[0] * q[1]), q[0] * (s - q[0] * q[1])],
        (0, times[-1]),
        [a0, b0],
        t_eval=times,
        method="DOP853",
        rtol=1e-13,
        atol=1e-16,
    )
    return run.y


@pytest.mark.parametrize(("a0", "b0"), STARTS)
@pytest.mark.parametrize("s", [0.0, 1e-4, 0.7, 3.0])
def test_solves_its_equations(s, a0, b0):
    # the unstable manifold amplifies the integrator's own error at a = -b: compare before it does
    times = np.linspace(0, 3 / max(s, 0.3) if a0 == -b0 else 10 / max(s, 0.3), 25)
    a, b = witness(times, s, a0, b0)
    got = unequal.layers(times, s=s, a0=a0, b0=b0)
    assert_allclose(got[0], a, rtol=TWO_LAYER, atol=TWO_LAYER)
    assert_allclose(got[1], b, rtol=TWO_LAYER, atol=TWO_LAYER)
    assert_allclose(got[1] ** 2 - got[0] ** 2, b0**2 - a0**2, atol=CLOSED_FORM * max(1, a0**2, b0**2))


def test_start_is_exact_and_ends_are_fixed_points():
    a0, b0 = np.array(STARTS).T
    a, b = unequal.layers(0.0, s=0.7, a0=a0, b0=b0)
    assert (a == a0).all()
    assert (b == b0).all()
    assert_allclose(unequal.strength(1e4, s=0.7, a0=a0, b0=b0), np.where(a0 == -b0, 0, 0.7), rtol=CLOSED_FORM)
    assert unequal.strength(5.0, s=0.7, a0=0.0, b0=0.0) == 0
    assert unequal.strength(np.inf, s=0.0, a0=0.5, b0=0.5) == 0


def test_balanced_limit_is_the_sigmoid():
    times = np.linspace(0, 8, 20)
    for a0, sign in ((0.03, 1), (0.3, -1), (2.0, 1)):
        u = sigmoid.strength(times, s=1.5, u0=sign * a0**2, tau=2.0)
        assert_allclose(unequal.strength(times, s=1.5, a0=a0, b0=sign * a0, tau=2.0), u, rtol=CLOSED_FORM)
    assert_allclose(
        unequal.strength(times, s=0.0, a0=0.3, b0=0.3), sigmoid.strength(times, s=0.0, u0=0.09), rtol=CLOSED_FORM
    )


def test_lazy_limit_is_exponential():
    times = np.linspace(0, 1e-3, 10)
    u = unequal.strength(times, s=1.0, a0=1e-3, b0=60.0)
    assert_allclose(
        u, 1 + (0.06 - 1) * np.exp(-3600 * times), rtol=0, atol=1e-6
    )  # its rate is √(3600² + 4u²), 1.5e-7 more


@pytest.mark.parametrize(("a0", "b0"), [start for start in STARTS if all(start)])
@pytest.mark.parametrize("s", [0.0, 1e-7, 0.7, 3.0])
def test_times_invert_strengths(s, a0, b0):
    times = np.array([0.1, 0.5, 1.0])
    u = unequal.strength(times, s=s, a0=a0, b0=b0, tau=0.8)
    back = unequal.learning_time(u, s=s, a0=a0, b0=b0, tau=0.8)
    slack = 1 + 1 / unequal.condition(times, s=s, a0=a0, b0=b0, tau=0.8)  # of a time read off a u that hardly moves
    assert (np.abs(back / times - 1) < CLOSED_FORM * slack).all()
    assert unequal.learning_time(a0 * b0, s=s, a0=a0, b0=b0) == 0


def test_corrected_equation_26():
    a0, b0, s, tau = 0.1, 1.2, 0.9, 1.4
    c0 = b0**2 - a0**2
    times = np.array([0.2, 1.0, 2.5])
    a, b = witness(times / tau, s, a0, b0)
    theta, theta0 = (np.arcsinh(2 * u / c0) for u in (a * b, a0 * b0))
    got = unequal.hyperbolic_time(theta, s=s, theta0=theta0, c0=c0, tau=tau)
    assert_allclose(got, times, rtol=TWO_LAYER)
    assert_allclose(unequal.learning_time(a * b, s=s, a0=a0, b0=b0, tau=tau), times, rtol=TWO_LAYER)
    # the printed bracket is twice the time of (11) for small c0; the corrected one is that time
    c0, u = 1e-8, np.array([1e-3, 0.5])
    theta = np.arcsinh(2 * u / c0)
    right = sigmoid.learning_time(u[1], s=1.0, u0=u[0])
    assert_allclose(unequal.hyperbolic_time(theta[1], s=1.0, theta0=theta[0], c0=c0), right, rtol=1e-4)


def test_condition_is_the_logarithmic_derivative():
    t, h = np.array([0.5, 1.5]), 1e-5
    up, down = (unequal.strength(t * (1 + e), s=2.0, a0=0.1, b0=0.7, tau=1.5) for e in (h, -h))
    assert_allclose(
        unequal.condition(t, s=2.0, a0=0.1, b0=0.7, tau=1.5), np.abs(np.log(up / down)) / (2 * h), rtol=1e-8
    )


def test_never_reached_and_bad_input():
    assert unequal.learning_time(1.0, s=1.0, a0=0.1, b0=0.3) == np.inf
    assert unequal.learning_time(0.1, s=1.0, a0=-0.1, b0=0.1) == np.inf
    assert unequal.learning_time(0.5, s=1.0, a0=0.0, b0=0.0) == np.inf
    with pytest.raises(ValueError, match=r"hyperbolic_time needs c0 > 0, got c0=0.0: equal layers make no hyperbola"):
        unequal.hyperbolic_time(1.0, s=1.0, theta0=0.1, c0=0.0)
    with pytest.raises(ValueError, match=r"layers needs a finite a0, got a0=nan"):
        unequal.layers(1.0, s=1.0, a0=np.nan, b0=0.0)
