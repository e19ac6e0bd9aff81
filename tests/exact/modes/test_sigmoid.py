import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.conftest import CLOSED_FORM, TWO_LAYER

from deeplinear.exact import sigmoid

S = np.array([0.0, 1e-6, 0.3, 2.0, 50.0])


@pytest.mark.parametrize("u0", [1e-9, 1e-3, 0.2, 7.0, -1e-3, -0.7])
@pytest.mark.parametrize("s", S)
def test_solves_its_equation(s, u0):
    times = np.linspace(0, 12 / max(s, 0.5), 30)
    run = solve_ivp(
        lambda _, u: 2 * np.abs(u) * (s - u),
        (0, times[-1]),
        [u0],
        t_eval=times,
        method="DOP853",
        rtol=1e-13,
        atol=1e-15 * abs(u0),
    )
    assert_allclose(sigmoid.strength(times, s=s, u0=u0), run.y[0], rtol=TWO_LAYER, atol=TWO_LAYER * abs(u0) * 1e-3)


def test_start_is_exact_and_end_is_the_target():
    u0 = np.array([1e-300, 1e-12, 0.1, 3.0, -0.4])[:, None]
    assert (sigmoid.strength(0.0, s=S, u0=u0) == u0).all()
    end = sigmoid.strength(1e9, s=S[2:], u0=u0)
    assert_allclose(end, np.where(u0 > 0, S[2:], 0.0), rtol=1e-15)


def test_no_target_decays_algebraically_and_joins_small_targets():
    times = np.linspace(0, 30, 20)
    assert_allclose(sigmoid.strength(times, s=0.0, u0=0.5), 0.5 / (1 + times), rtol=1e-15)
    assert_allclose(sigmoid.strength(times, s=1e-14, u0=0.5), sigmoid.strength(times, s=0.0, u0=0.5), rtol=CLOSED_FORM)


def test_printed_form():
    t, s, u0, tau = np.linspace(0, 5, 40), 1.7, 0.01, 1.3
    e = np.exp(2 * s * t / tau)
    assert_allclose(
        sigmoid.strength(t, s=s, u0=u0, tau=tau), s * e / (e - 1 + s / u0), rtol=CLOSED_FORM, err_msg="eq. (12)"
    )
    u = np.linspace(0.02, 1.6, 20)
    printed = tau / (2 * s) * np.log(u * (s - u0) / (u0 * (s - u)))
    assert_allclose(sigmoid.learning_time(u, s=s, u0=u0, tau=tau), printed, rtol=CLOSED_FORM, err_msg="eq. (11)")


@pytest.mark.parametrize(("s", "u0"), [(2.0, 1e-6), (0.0, 0.3), (2.0, 5.0), (1e-9, 0.2), (2.0, -0.3), (0.0, -0.3)])
def test_times_invert_strengths(s, u0):
    times = np.array([0.0, 1e-3, 0.1, 1.0, 2.0])
    u = sigmoid.strength(times, s=s, u0=u0, tau=0.7)
    slack = 1 + 1 / sigmoid.condition(times[1:], s=s, u0=u0, tau=0.7)
    back = sigmoid.learning_time(u, s=s, u0=u0, tau=0.7)
    assert back[0] == 0
    assert (np.abs(back[1:] / times[1:] - 1) < CLOSED_FORM * slack).all()


def test_strengths_never_reached():
    assert sigmoid.learning_time(2.0, s=2.0, u0=0.1) == np.inf
    assert sigmoid.learning_time(1.0, s=2.0, u0=3.0) == np.inf
    assert sigmoid.learning_time(0.1, s=2.0, u0=-0.1) == np.inf
    assert sigmoid.learning_time(0.05, s=2.0, u0=0.1) < 0


def test_half_time_and_width():
    s, u0, tau = 3.0, 1e-4, 2.0
    assert_allclose(sigmoid.half_time(s=s, u0=u0, tau=tau), tau / (2 * s) * np.log(s / u0 - 1), rtol=CLOSED_FORM)
    ends = sigmoid.learning_time(np.array([0.1, 0.9]) * s, s=s, u0=u0, tau=tau)
    assert_allclose(sigmoid.transition_width(s=s, tau=tau), np.diff(ends)[0], rtol=CLOSED_FORM)


def test_condition_is_the_logarithmic_derivative():
    t, h = np.array([0.5, 1.5, 3.0]), 1e-5
    for u0 in (0.01, -0.3):
        up, down = (sigmoid.strength(t * (1 + e), s=2.0, u0=u0, tau=1.5) for e in (h, -h))
        slope = np.abs(np.log(up / down)) / (2 * h)
        assert_allclose(sigmoid.condition(t, s=2.0, u0=u0, tau=1.5), slope, rtol=1e-8)  # differences of order h²


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"u0": 0.0}, r"strength needs u0 != 0, got u0=0.0: u = 0 is a fixed point and never learns"),
        ({"s": -1.0}, r"strength needs a finite s >= 0, got s=-1.0"),
        ({"tau": 0.0}, r"strength needs a finite tau > 0, got tau=0.0"),
        ({"t": -2.0}, r"strength needs t >= 0, got t=-2.0"),
        ({"t": np.nan}, r"strength needs t >= 0, got t=nan"),
        ({"u0": np.inf}, r"strength needs a finite u0"),
    ],
)
def test_bad_input(arguments, message):
    good = {"t": 1.0, "s": 1.0, "u0": 0.1, "tau": 1.0} | arguments
    with pytest.raises(ValueError, match=message):
        sigmoid.strength(good.pop("t"), **good)
