import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.conftest import INTEGRATOR

from deeplinear.exact import depth, sigmoid, unequal, unequal_depth
from deeplinear.exact.modes.aligned import to_white

LAWS = {
    "sigmoid": ([0.2, 0.2], sigmoid.motion),
    "wrong sign": ([0.2, -0.2], sigmoid.motion),
    "hyperbolic": ([0.1, 0.7], unequal.motion),
    "equal layers": ([0.4, 0.4, 0.4, 0.4], depth.motion),
    "unequal layers": ([0.4, -0.2, 0.6], unequal_depth.motion),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("power", [0.3, 1.0, 4.0])
def test_solves_the_equation_with_input_power(name, power):
    start, motion = LAWS[name]
    s, tau, times = 1.3, 1.4, np.linspace(0, 8, 20)
    run = solve_ivp(
        lambda _, a: [(s - power * a.prod()) * np.delete(a, i).prod() / tau for i in range(len(a))],
        (0, times[-1]),
        start,
        t_eval=times,
        method="DOP853",
        rtol=1e-13,
        atol=1e-16,
    )
    layers, clock = to_white(np.array([start]).T, power=np.array([power]), tau=tau)
    got = motion(np.array([s]), layers, clock).strengths(times[:, None])[:, 0] / power
    assert_allclose(got, run.y.prod(axis=0), rtol=INTEGRATOR, atol=INTEGRATOR * 1e-3)


def test_printed_sigmoid_with_input_power():
    t, s, d, u0 = np.linspace(0, 4, 20), 1.3, 2.5, 0.01
    layers, tau = to_white(np.full((2, 1), np.sqrt(u0)), power=[d])
    got = sigmoid.strength(t, s=s, u0=layers.prod(), tau=tau[0]) / d
    e = np.exp(2 * s * t)
    assert_allclose(got, (s / d) * e / (e - 1 + s / (d * u0)), rtol=1e-12)


def test_no_power_is_refused():
    with pytest.raises(ValueError, match=r"to_white needs power > 0, got power=0.0: a mode without input power"):
        to_white([[0.1], [0.1]], power=[0.0])
