import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.conftest import CLOSED_FORM, INTEGRATOR

from deeplinear.exact import depth, infinite


@pytest.mark.parametrize(("s", "u0"), [(1.0, 0.05), (3.0, 1e-2), (0.5, 2.0), (0.0, 0.4), (1.0, 0.999)])
def test_solves_its_equation(s, u0):
    end = 2 * float(infinite.learning_time((s + u0) / 2, s=s, u0=u0)) if s else 30.0
    times = np.linspace(0, end, 20)
    run = solve_ivp(lambda _, u: u**2 * (s - u), (0, end), [u0], t_eval=times, method="DOP853", rtol=1e-13, atol=1e-16)
    assert_allclose(infinite.strength(times, s=s, u0=u0), run.y[0], rtol=INTEGRATOR)


def test_wright_function_and_general_depth_agree():
    rng = np.random.default_rng(0)
    s, u0 = 10 ** rng.uniform(-2, 2, 200), 10 ** rng.uniform(-4, 2, 200)
    t = rng.uniform(0, 2, 200) / (s * np.minimum(s, u0))
    kappa = depth.condition(t, s=s, u0=u0, depth=math.inf)
    gap = np.abs(infinite.strength(t, s=s, u0=u0) / depth.strength(t, s=s, u0=u0, depth=math.inf) - 1)
    assert (gap < CLOSED_FORM * (1 + kappa)).all()


def test_equation_17_and_the_general_integral_agree():
    s, u0, u = 1.7, 0.02, np.array([0.03, 0.5, 1.6])
    assert_allclose(
        infinite.learning_time(u, s=s, u0=u0), depth.learning_time(u, s=s, u0=u0, depth=math.inf), rtol=CLOSED_FORM
    )
    printed = np.log(u * (u0 - s) / (u0 * (u - s))) / s**2 + 1 / (s * u0) - 1 / (s * u)
    assert_allclose(infinite.learning_time(u, s=s, u0=u0), printed, rtol=CLOSED_FORM)


def test_limits_and_bad_input():
    u0 = np.array([1e-3, 0.5, 2.0])
    assert (infinite.strength(0.0, s=0.5, u0=u0) == u0).all()
    assert_allclose(infinite.strength(1e9, s=0.5, u0=u0), 0.5, rtol=1e-15)
    assert infinite.learning_time(0.5, s=0.5, u0=0.1) == np.inf
    assert infinite.learning_time(0.1, s=0.5, u0=0.1) == 0
    with pytest.raises(ValueError, match=r"learning_time needs s > 0, got s=0.0: \(17\) divides by it"):
        infinite.learning_time(0.1, s=0.0, u0=0.2)
    with pytest.raises(ValueError, match=r"strength needs u0 > 0, got u0=0.0"):
        infinite.strength(1.0, s=1.0, u0=0.0)
