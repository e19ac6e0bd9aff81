import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM, ORDER

from deeplinear.exact.modes import depth, discrete
from deeplinear.exact.modes.steps import learning_step


def taken(layers, s, u0, rate, power, total):
    """Strengths after 0, 1, … steps."""
    start = np.full((layers, 1), u0 ** (1 / layers))
    return discrete.strength(np.arange(total), s=[s], layers0=start, rate=rate, power=power)[:, 0]


@pytest.mark.parametrize("power", [1.0, 2.5])
@pytest.mark.parametrize(("s", "u0"), [(1.0, 1e-2), (2.0, 0.05), (0.7, 3.0), (0.0, 0.9)])
@pytest.mark.parametrize("layers", [1, 2, 3, 8])
def test_counts_steps_to_first_order_in_the_rate(layers, s, u0, power):
    ends = s / power + np.array([0.8, 0.5, 0.2]) * (u0 - s / power)

    def error(rate):
        scaled = power ** (1 - 2 / layers) / rate
        total = int(depth.learning_time(power * ends[-1], s=s, u0=power * u0, depth=layers, tau=scaled)) + 3
        u = taken(layers, s, u0, rate, power, total)
        off = learning_step(u, s=s, u0=u0, depth=layers, rate=rate, power=power) - np.arange(total)
        order = slice(None) if u[-1] > u[0] else slice(None, None, -1)
        return np.interp(ends, u[order], off[order])

    top = 0.03 / (layers * power * max(s / power, u0) ** (2 - 2 / layers))
    errors = [error(top), error(top / 2), error(top / 4)]
    assert (np.abs(errors) < 0.05).all()
    # the largest of three places, for the first order may vanish at one
    sizes = np.abs(errors).max(axis=1)
    assert_allclose(sizes[:-1] / sizes[1:], 2, atol=ORDER)


@pytest.mark.parametrize(
    ("layers", "u0"),
    [(1, 1e-3), (2, 1e-2), (2, 1e-5), (2, 1e-8), (3, 1e-2), (3, 1e-5), (3, 1e-8), (5, 1e-2), (40, 1e-2)],
)
def test_accuracy_that_the_docstring_promises(layers, u0):
    for share, bound in ((0.1, 0.03), (0.8, 0.25)):
        total = int(depth.learning_time(0.9, s=1.0, u0=u0, depth=layers, tau=layers / share))
        u = taken(layers, 1.0, u0, share / layers, 1.0, total)
        early = u < 0.9
        off = learning_step(u[early], s=1.0, u0=u0, depth=layers, rate=share / layers) - np.arange(total)[early]
        assert np.abs(off).max() < bound


def test_half_time_of_two_layers_has_a_closed_form():
    s, u0, rate = 1.3, 1e-5, 0.07
    n = learning_step(s / 2, s=s, u0=u0, depth=2, rate=rate)
    expected = np.log(s / u0 - 1) / (2 * np.log1p(rate * s)) - 0.75 * np.log(2 * (1 - u0 / s))
    assert_allclose(n, expected, rtol=CLOSED_FORM)
    flow = np.log(s / u0 - 1) / (2 * rate * s)
    assert abs(flow - n) > 0.25 * np.log(s / u0) - 1  # the flow is early by ever more for smaller starts


def test_start_order_and_what_is_never_reached():
    given = {"s": 1.0, "u0": 0.1, "depth": 3, "rate": 0.01}
    assert learning_step(0.1, **given) == 0
    assert learning_step(0.05, **given) < 0
    assert (learning_step([1.0, 1.5], **given) == np.inf).all()
    assert learning_step(1.0, s=1.0, u0=1.0, depth=2, rate=0.1) == 0
    assert learning_step([[0.2], [0.3]], s=[1.0, 2.0, 3.0], u0=0.1, depth=2, rate=0.1).shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"u": 0.0}, r"learning_step needs a finite u > 0, got u=0.0"),
        ({"s": -1.0}, r"learning_step needs a finite s >= 0, got s=-1.0"),
        ({"u0": 0.0}, r"learning_step needs u0 > 0, got u0=0.0"),
        ({"rate": -1.0}, r"learning_step needs a finite rate > 0, got rate=-1.0"),
        ({"power": 0.0}, r"learning_step needs a finite power > 0, got power=0.0"),
        ({"depth": 1.5}, r"learning_step needs a whole depth >= 1, got depth=1.5"),
        ({"depth": np.inf}, r"learning_step needs a finite depth, got depth=inf"),
    ],
)
def test_bad_input(arguments, message):
    good = {"u": 0.5, "s": 1.0, "u0": 0.1, "depth": 3, "rate": 0.1} | arguments
    with pytest.raises(ValueError, match=message):
        learning_step(good.pop("u"), **good)
