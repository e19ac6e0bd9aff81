import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM, LIFTED, ORDER

from deeplinear.curvature import cycle
from deeplinear.exact.modes import depth, discrete, unequal
from deeplinear.exact.modes.aligned import to_white


def frame(n, k, rng):
    return np.linalg.qr(rng.normal(size=(n, n)))[0][:, :k]


def matrix_descent(s, power, layers0, rate, total, *, widths, momentum=0.0, nesterov=False, seed=0):
    """Layer strengths ``(total + 1, L, k)`` of whole matrices under gradient descent, and the largest part off the modes."""
    rng, k = np.random.default_rng(seed), len(s)
    frames = [frame(n, k, rng) for n in widths]
    w = [(up * a) @ down.T for down, up, a in zip(frames[:-1], frames[1:], layers0, strict=True)]
    rest = np.eye(widths[0]) - frames[0] @ frames[0].T
    s11, s31 = (frames[0] * power) @ frames[0].T + 0.3 * rest, (frames[-1] * s) @ frames[0].T
    v, read, stray = [np.zeros_like(x) for x in w], [], 0.0
    for _ in range(total + 1):
        inside = [up.T @ x @ down for down, up, x in zip(frames[:-1], frames[1:], w, strict=True)]
        read.append([np.diag(x) for x in inside])
        stray = max(stray, *(np.linalg.norm(x) - np.linalg.norm(np.diag(i)) for x, i in zip(w, inside, strict=True)))
        at = [x + rate * momentum * y for x, y in zip(w, v, strict=True)] if nesterov else w
        below = [np.eye(widths[0])]
        for x in at:
            below.append(x @ below[-1])
        back = s31 - below[-1] @ s11
        for i in reversed(range(len(w))):
            gradient, back = back @ below[i].T, at[i].T @ back
            v[i] = momentum * v[i] + gradient
        w = [x + rate * y for x, y in zip(w, v, strict=True)]
    return np.array(read), stray


CASES = [  # depth, widths, modes, momentum, nesterov
    (1, (4, 3), 3, 0.0, False),
    (2, (5, 2, 3), 2, 0.0, False),
    (3, (3, 8, 1, 6), 1, 0.0, False),
    (4, (5, 4, 7, 3, 8), 3, 0.0, False),
    (6, (4, 8, 6, 5, 5, 7, 4), 4, 0.0, False),
    (2, (6, 6, 6), 3, 0.5, False),
    (3, (4, 2, 8, 3), 2, 0.8, False),
    (3, (4, 2, 8, 3), 2, 0.8, True),
    (5, (3, 3, 4, 5, 6, 7), 2, 0.3, True),
]


@pytest.mark.parametrize("share", [0.3, 0.97, 1.0, 1.06])  # of the rate at which the strongest mode turns unstable
@pytest.mark.parametrize("white", [True, False])
@pytest.mark.parametrize(("layers", "widths", "k", "momentum", "nesterov"), CASES)
def test_is_what_matrices_do(layers, widths, k, momentum, nesterov, white, share):
    rng = np.random.default_rng(layers)
    # the strongest mode has the most power: else directions between modes, where round-off grows, turn unstable first
    power = np.ones(k) if white else np.sort(rng.uniform(0.5, 1.5, k))[::-1]
    s = np.sort(rng.uniform(0.5, 2.0, k))[::-1] * power
    start = 0.6 + 0.2 * rng.random((layers, k))
    if momentum:  # a ball that comes from afar at such a rate overshoots beyond return
        start = (s / power) ** (1 / layers) * (1 + 0.02 * rng.normal(size=(layers, k)))
    signs = np.where(rng.random((layers, k)) < 0.5, -1, 1)
    signs[0] *= signs.prod(axis=0)
    start *= signs
    rate = share * float(cycle.stable_rate(s, depth=layers, power=power, momentum=momentum, nesterov=nesterov).min())
    total = 60 if layers == 1 or (momentum and share > 1) else 300  # the rest of these runs off to infinity
    seen, stray = matrix_descent(s, power, start, rate, total, widths=widths, momentum=momentum, nesterov=nesterov)
    given = {"s": s, "layers0": start, "rate": rate, "power": power, "momentum": momentum, "nesterov": nesterov}
    ours = discrete.layers(np.arange(total + 1), **given)
    assert stray < 1e-10
    assert_allclose(ours, seen, rtol=LIFTED, atol=LIFTED * np.abs(seen).max())
    u = discrete.strength(np.arange(total + 1), **given)
    assert_allclose(u, seen.prod(axis=1), rtol=10 * LIFTED, atol=LIFTED * np.abs(u).max())


def test_matrices_leave_where_a_direction_between_modes_is_the_sharpest():
    s, power, start = np.array([1.0, 2.0]), np.array([0.5, 2.0]), np.full((2, 2), 0.7)
    # relative strengths 2 and 1: the direction from input 2 to output 1 has curvature d_2 (2 + 1) = 6, the modes 2 and 4
    inside, outside = (
        matrix_descent(s, power, start, rate, 400, widths=(3, 4, 3))[1] for rate in (0.97 * 2 / 6, 1.1 * 2 / 6)
    )
    assert inside < 1e-13
    assert outside > 1e-3
    assert cycle.stable_rate(s, depth=2, power=power).min() == 1 / 2


@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.7, False), (0.7, True)])
def test_zeros_twins_and_signs_are_nothing_special(momentum, nesterov):
    s, rate, power = np.array([1.5, 1.0, 0.7, 0.4]), 0.05, np.array([1.0, 0.5, 2.0, 1.0])
    a = np.array([[0.0, 0.3, 0.5, 0.5], [0.5, -0.0, -0.5, 0.2], [0.5, 0.0, -0.5, -0.9], [0.0, 0.3, 0.5, 0.5]])
    v, given = np.zeros_like(a), {"momentum": momentum, "nesterov": nesterov}
    ours = discrete.layers(np.arange(31), s=s, layers0=a, rate=rate, power=power, **given)
    for step in range(31):
        assert_allclose(ours[step], a, rtol=1e-13, atol=1e-15)
        ahead = a + rate * momentum * v if nesterov else a
        others = np.array([np.delete(ahead, i, axis=0).prod(axis=0) for i in range(4)])
        v = momentum * v + (s - power * ahead.prod(axis=0)) * others
        a = a + rate * v


@pytest.mark.parametrize("layers", [2, 3, 7])
def test_conserved_quantities_change_by_the_squared_step(layers):
    rng = np.random.default_rng(layers)
    s, d, rate, start = np.array([1.3, 0.6]), np.array([0.8, 1.7]), 0.1, rng.uniform(0.4, 0.9, (layers, 2))
    now, after = discrete.layers([6, 7], s=s, layers0=start, rate=rate, power=d)
    gradients = np.array([(s - d * now.prod(axis=0)) * np.delete(now, i, axis=0).prod(axis=0) for i in range(layers)])
    change = np.diff(after**2, axis=0) - np.diff(now**2, axis=0)
    assert_allclose(change, rate**2 * np.diff(gradients**2, axis=0), rtol=1e-9, atol=1e-16)  # a difference of squares


@pytest.mark.parametrize("layers", [1, 2, 3, 30])
def test_input_power_is_a_change_of_scale(layers):
    s, d, rate, start = np.array([1.3, 0.6]), np.array([0.7, 1.9]), 0.3 / layers, np.full((layers, 2), 0.8)
    start[0] = 0.5
    scaled, clock = to_white(start, power=d, tau=1 / rate)
    ours = discrete.strength(np.arange(40), s=s, layers0=start, rate=rate, power=d)
    for mode in range(2):
        white = discrete.strength(np.arange(40), s=s[[mode]], layers0=scaled[:, [mode]], rate=1 / clock[mode])
        assert_allclose(d[mode] * ours[:, mode], white[:, 0], rtol=CLOSED_FORM)


def halving(error):
    """Ratios of an error at rates that halve, the last two."""
    return np.array([error(rate) / error(rate / 2) for rate in (4e-3, 2e-3)])


@pytest.mark.parametrize("layers", [2, 3, 10])
def test_tends_to_the_flow_to_first_order_equal_layers(layers):
    def error(rate):
        u = discrete.strength(
            [round(2.0 / rate)], s=[1.0], layers0=np.full((layers, 1), 0.1 ** (1 / layers)), rate=rate
        )
        return u[0, 0] - depth.strength(2.0, s=1.0, u0=0.1, depth=layers)

    assert_allclose(halving(error), 2, atol=ORDER)


def test_tends_to_the_flow_to_first_order_unequal_layers():
    def error(rate):
        a, b = discrete.layers([round(2.0 / rate)], s=[1.0], layers0=[[0.9], [-0.1]], rate=rate)[0, :, 0]
        return np.array([a, b]) - unequal.layers(2.0, s=1.0, a0=0.9, b0=-0.1)

    assert_allclose(halving(error), 2, atol=ORDER)


def test_one_layer_is_geometric():
    n, s, d, a0, rate = np.arange(50), 1.7, 0.6, 0.3, 0.9
    u = discrete.strength(n, s=[s], layers0=[[a0]], rate=rate, power=d)[:, 0]
    assert_allclose(u, s / d + (a0 - s / d) * (1 - rate * d) ** n, rtol=1e-13)


def test_shapes_and_order_of_steps():
    s, start = np.array([1.0, 0.5]), np.full((3, 2), 0.4)
    some = discrete.layers([7, 0, 3, 7], s=s, layers0=start, rate=[0.1, 0.2, 0.3])
    assert some.shape == (3, 4, 3, 2)
    assert_array_equal(some[:, 1], np.broadcast_to(start, (3, 3, 2)))
    for i, rate in enumerate([0.1, 0.2, 0.3]):
        assert_array_equal(some[i], discrete.layers(np.arange(8), s=s, layers0=start, rate=rate)[[7, 0, 3, 7]])
    assert discrete.strength(5, s=s, layers0=start, rate=0.1).shape == (1, 2)
    assert discrete.crossing(s=s, layers0=start, rate=[0.1, 0.2], limit=9).shape == (2, 2)
    assert discrete.divergence(s=s, layers0=start, rate=[0.1, 0.2], limit=9).shape == (2, 2)


def test_stands_still_once_nothing_changes():
    settled = discrete.layers([400, 10**12], s=[1.0], layers0=[[0.5], [0.6]], rate=0.5, momentum=0.2)
    assert_array_equal(settled[0], settled[1])


def test_a_ball_that_gathers_speed_is_not_at_rest():
    near = 1 + np.finfo(float).eps  # the first step rounds to none, the second does not
    assert discrete.strength([1], s=[near], layers0=[[1.0]], rate=0.3, momentum=0.9) == 1
    assert discrete.strength([2], s=[near], layers0=[[1.0]], rate=0.3, momentum=0.9) == near


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("layers", [1, 2, 5, 1000])
def test_what_leaves_all_bounds_is_infinite(layers, momentum):
    start = np.full((layers, 2), (1.2 if layers < 1000 else 100.0) ** (1 / layers))
    given = {
        "s": [1.0, 1e-3],
        "layers0": start,
        "rate": 9.0 / layers,
        "power": [1.0, 1e-3],
        "momentum": momentum,
    }
    at, safe = discrete.divergence(limit=5000, **given)
    assert np.isnan(safe)
    u, a = (f([at - 1, at, at + 1, at + 50], **given) for f in (discrete.strength, discrete.layers))
    assert np.isfinite(u[0]).all()
    assert (u[1:, 0] == np.inf).all()
    assert (a[1:, :, 0] == np.inf).all()
    assert np.isfinite(a[:, :, 1]).all()
    early = discrete.divergence(limit=int(at) - 1, **given)
    assert np.isnan(early).all()


def test_crossing_is_the_first_step_at_the_fraction():
    s, d = np.array([2.0, 1.0, 0.5, 0.0]), np.array([1.0, 0.5, 2.0, 1.0])
    start = np.full((3, 4), 0.4)
    start[0, 2] = 1.8  # above half its target
    given = {"s": s, "layers0": start, "rate": 0.02, "power": d}
    u = discrete.strength(np.arange(1000), **given)
    for fraction in (0.3, 0.5, 0.9):
        expected = [*np.argmax(u[:, :3] >= fraction * (s / d)[:3], axis=0), np.nan]
        assert_array_equal(discrete.crossing(fraction, limit=999, **given), expected)
    assert expected[2] == 0
    late = int(expected[1])
    assert discrete.crossing(0.9, limit=late, **given)[1] == late
    assert np.isnan(discrete.crossing(0.9, limit=late - 1, **given)[1])
    assert np.isnan(discrete.crossing(s=[1.0], layers0=[[0.1], [-0.1]], rate=0.1, limit=2000))  # dies at the saddle


def test_infinity_is_no_crossing():
    run = {"s": [1.0], "layers0": [[2.0], [2.0]], "rate": 3.0}
    u = discrete.strength(np.arange(30), **run)
    aim = 10 * u[np.isfinite(u)].max()
    assert np.isinf(u[-1])
    assert np.isnan(discrete.crossing(aim, limit=30, **run))


@pytest.mark.parametrize("layers", [2, 3, 6])
def test_descended_is_the_same_recursion(layers):
    s, tau = np.array([1.2, 0.4]), np.array([9.0, 20.0])
    start = np.full((layers, 2), 0.5)
    start[0] = [0.2, 1.5]
    law, t = discrete.descended(s, start, tau, momentum=0.3), np.array([[0.0], [8.0], [70.0]])
    powered = discrete.descended(s, start, 15.0, power=[0.5, 2.0])
    for i in range(2):
        given = {"s": s[[i]], "layers0": start[:, [i]]}
        one = {"rate": 1 / tau[i], "momentum": 0.3} | given
        assert_allclose(law.strengths(t)[:, i], discrete.strength(t[:, 0], **one)[:, 0], rtol=1e-14)
        assert_allclose(law.layers(t)[:, :, i], discrete.layers(t[:, 0], **one)[:, :, 0].T, rtol=1e-14)
        u = discrete.strength(np.arange(500), **one)[:, 0]
        aim = 0.9 * s[i] + 0.1 * u[0]
        first = np.argmax(u >= aim if u[0] < s[i] else u <= aim)
        assert law.learning_time(np.full(2, aim))[i] == first
        assert_allclose(law.condition(t)[1, i], 8 * np.abs(u[9] / u[8] - 1), rtol=1e-12)
        two = {"rate": 1 / 15, "power": [0.5, 2.0][i]} | given
        assert_allclose(powered.strengths(t)[:, i], discrete.strength(t[:, 0], **two)[:, 0], rtol=1e-14)
    assert_array_equal(powered.limits, s / [0.5, 2.0])
    assert (law.learning_time(np.array([1e9, 1e9])) == np.inf).all()
    with pytest.raises(ValueError, match=r"law needs whole t >= 0, got t=0.5: descent jumps from step to step"):
        law.strengths(np.array([[1.0], [0.5]]))
    assert discrete.descended(np.empty(0), np.empty((2, 0)), np.empty(0)).strengths(t).shape == (3, 0)


def test_divergence_of_a_law_has_no_nan():
    law = discrete.descended(np.array([1.0]), np.array([[1.0], [1.1]]), 0.1)
    t = np.array([[0.0], [3.0], [100.0], [1000.0]])
    assert (law.strengths(t)[2:] == np.inf).all()
    assert (law.condition(t)[2:] == np.inf).all()
    assert law.condition(t)[0] == 0


BAD = [
    ({"steps": 0.5}, r"strength needs whole steps >= 0, got steps=0.5: descent jumps from step to step"),
    ({"steps": -1}, r"strength needs whole steps >= 0, got steps=-1.0"),
    ({"steps": np.nan}, r"strength needs whole steps >= 0, got steps=nan"),
    ({"steps": np.inf}, r"strength needs whole steps >= 0, got steps=inf"),
    ({"steps": [[1, 2]]}, r"strength needs a list of steps, got shape \(1, 2\)"),
    ({"s": [-1.0]}, r"strength needs a finite s >= 0, got s=-1.0"),
    ({"s": [1.0, 2.0]}, r"strength needs layers0 of shape \(L, k\), s of shape \(k,\)"),
    ({"layers0": [0.1]}, r"strength needs layers0 of shape"),
    ({"layers0": [[np.nan]]}, r"strength needs a finite layers0, got layers0=nan"),
    ({"layers0": [[1e200], [1e200], [1e-200]]}, r"strength needs layers0 whose products stay below 1e308"),
    ({"rate": 0.0}, r"strength needs a finite rate > 0, got rate=0.0"),
    ({"rate": [[0.1]]}, r"strength needs one rate or a list of them"),
    ({"power": 0.0}, r"strength needs a finite power > 0, got power=0.0"),
    ({"power": [1.0, 2.0]}, r"power of shape \(\) or \(k,\)"),
    ({"momentum": 1.0}, r"0 <= momentum < 1, got momentum=1.0"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input(arguments, message):
    good = {"steps": 1, "s": [1.0], "layers0": [[0.1], [0.1]], "rate": 0.1} | arguments
    with pytest.raises(ValueError, match=message):
        discrete.strength(good.pop("steps"), **good)


def test_bad_fraction_and_limit():
    good = {"s": [1.0], "layers0": [[0.1]], "rate": 0.1}
    with pytest.raises(ValueError, match=r"crossing needs a finite fraction > 0, got fraction=0.0"):
        discrete.crossing(0.0, limit=3, **good)
    with pytest.raises(ValueError, match=r"divergence needs a whole limit >= 0, got limit=2.5"):
        discrete.divergence(limit=2.5, **good)
