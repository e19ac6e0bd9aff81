import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.conftest import INTEGRATOR

from deeplinear.exact import depth, unequal, unequal_depth

STARTS = {
    "small": [0.1, 0.2, 0.3],
    "wrong sign": [0.1, 0.2, -0.5],
    "one layer at zero": [0.0, 0.4, 0.7],
    "weakest two of opposite sign": [0.3, -0.3, 0.8],
    "four layers": [0.3, -0.5, 0.4, -0.2],
    "from above": [2.0, 1.5, 1.1],
    "two nearly equal": [0.2, 0.2 + 1e-9, 0.9],
    "twelve layers": np.linspace(0.6, 1.1, 12).tolist(),
}


def witness(times, s, start):
    def velocity(_, a):
        a = np.asarray(a)
        return [(s - a.prod()) * np.delete(a, i).prod() for i in range(len(a))]

    run = solve_ivp(velocity, (0, times[-1]), start, t_eval=times, method="DOP853", rtol=1e-13, atol=1e-16)
    return run.y


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
@pytest.mark.parametrize("s", [0.0, 0.8, 2.5])
def test_against_all_layers_integrated(s, start):
    times = np.linspace(0, 6.0, 25)
    want = witness(times / 1.5, s, start).prod(axis=0)
    got = unequal_depth.strength(times, s=[s], layers=np.array([start]).T, tau=1.5)
    # scale: round-off of a zero at the saddle is amplified alike by both
    assert_allclose(got[:, 0], want, rtol=INTEGRATOR, atol=INTEGRATOR * 1e-2)


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
def test_times_invert_strengths(start):
    layers, times = np.array([start]).T, np.array([0.3, 1.0, 2.0])
    u = unequal_depth.strength(times, s=[0.8], layers=layers, tau=1.2)[:, 0]
    back = [unequal_depth.learning_time([x], s=[0.8], layers=layers, tau=1.2)[0] for x in u]
    kappa = unequal_depth.condition(times, s=[0.8], layers=layers, tau=1.2)[:, 0]
    assert (np.abs(np.array(back) / times - 1) < INTEGRATOR * 0.1 * (1 + 1 / kappa)).all()


def test_long_times_end_on_the_target_at_no_cost():
    layers = np.array([STARTS["wrong sign"], STARTS["small"], STARTS["weakest two of opposite sign"]]).T
    u = unequal_depth.strength([1e7, 0.0, 40.0], s=[2.0, 2.0, 2.0], layers=layers)
    assert (u[1] == layers.prod(axis=0)).all()
    assert_allclose(u[0, :2], 2.0, rtol=1e-15)
    assert_allclose(u[2, :2], 2.0, rtol=1e-12)
    assert abs(u[2, 2]) < 1e-6


def test_two_layers_are_the_hyperbola_and_equal_layers_the_closed_form():
    t = np.linspace(0, 5, 15)
    two = unequal_depth.strength(t, s=[1.5], layers=[[0.1], [0.6]])[:, 0]
    assert_allclose(two, unequal.strength(t, s=1.5, a0=0.1, b0=0.6), rtol=INTEGRATOR * 0.01)
    for layers in (3, 9):
        got = unequal_depth.strength(t, s=[1.5], layers=np.full((layers, 1), 0.5 ** (1 / layers)))[:, 0]
        assert_allclose(got, depth.strength(t, s=1.5, u0=0.5, depth=layers), rtol=INTEGRATOR * 0.01)
        time = unequal_depth.learning_time([1.0], s=[1.5], layers=np.full((layers, 1), 0.5 ** (1 / layers)))
        assert_allclose(time, depth.learning_time(1.0, s=1.5, u0=0.5, depth=layers), rtol=1e-10)


def test_condition_is_the_logarithmic_derivative():
    t, h, how = np.array([0.5, 1.5]), 1e-4, {"s": [1.0], "layers": [[0.4], [0.5], [0.7]], "tau": 1.3}
    up, down = (unequal_depth.strength(t * (1 + e), **how) for e in (h, -h))
    assert_allclose(unequal_depth.condition(t, **how), np.log(up / down) / (2 * h), rtol=1e-6)


def test_never_moves_never_reached_and_bad_input():
    t = np.array([0.0, 5.0])
    assert (unequal_depth.strength(t, s=[1.0], layers=[[0.0], [0.5], [0.0]]) == 0).all()
    assert unequal_depth.learning_time([0.5], s=[1.0], layers=[[0.3], [-0.3], [0.8]])[0] == np.inf
    assert unequal_depth.learning_time([2.0], s=[1.0], layers=[[0.3], [0.4], [0.8]])[0] == np.inf
    with pytest.raises(ValueError, match=r"strength needs layers of shape \(L, k\) with L >= 2"):
        unequal_depth.strength(t, s=[1.0], layers=[[0.1]])
