import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM, ORDER

from deeplinear.curvature import cycle
from deeplinear.exact.modes import discrete

DEPTHS = [2, 3, 4, 7, 50, 1000]


def curvature(s, depth, power):
    """Top eigenvalue of the Hessian at equal layers, from its elements."""
    a = (s / power) ** (1 / depth)
    off = 2 * power * a ** (2 * depth - 2) - s * a ** (depth - 2) if depth > 1 else 0.0
    hessian = np.full((depth, depth), off)
    np.fill_diagonal(hessian, power * a ** (2 * depth - 2))
    return float(np.linalg.eigvalsh(hessian)[-1])


def walked(a, count, rate, s, power):
    """Layers after a number of steps, written without regard to zeros or speed; complex layers welcome."""
    for _ in range(count):
        a = a + rate * (s - power * np.prod(a)) * np.array([np.prod(np.delete(a, i)) for i in range(len(a))])
    return a


def end_of(layers, rate, total, *, keep=4, start=0.2, **given):
    """The last strengths of a descent from equal layers, shape ``(rates, keep)``."""
    begun = np.full((layers, 1), start ** (1 / layers))
    steps = np.arange(total, total + keep)
    return discrete.strength(steps, s=[1.0], layers0=begun, rate=np.atleast_1d(rate), **given)[:, :, 0]


@pytest.mark.parametrize(("s", "power"), [(1.0, 1.0), (2.5, 0.6)])
@pytest.mark.parametrize("depth", [1, 2, 3, 6])
def test_multiplier_is_the_slope_of_a_step(depth, s, power):
    rate, a = 0.17, np.full(depth, (s / power) ** (1 / depth))
    slope = walked(a + 1e-30j, 1, rate, s, power).imag / 1e-30
    assert_allclose(cycle.multiplier(rate, s=s, depth=depth, power=power), slope, rtol=1e-12)


@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.5, False), (0.9, False), (0.5, True), (0.9, True)])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_stable_rate_is_where_small_distances_stop_shrinking(depth, momentum, nesterov):
    given = {"momentum": momentum, "nesterov": nesterov}
    s, power = 1.6, 0.7
    rate = cycle.stable_rate(s, depth=depth, power=power, **given)
    h = rate * curvature(s, depth, power)
    damped = momentum * (1 - h) if nesterov else momentum
    step = np.array([[1 - h, damped], [-h, damped]])  # distance and rate × velocity
    assert_allclose(np.linalg.eigvals(step).real.min(), -1, rtol=1e-12)
    target = s / power
    start = np.full((depth, 1), (target * (1 + 1e-7)) ** (1 / depth))
    ends = discrete.strength(
        np.arange(990, 1000), s=[s], layers0=start, rate=np.array([0.97, 1.01]) * rate, power=power, **given
    )
    assert np.abs(ends[0] / target - 1).max() < 1e-9
    assert np.abs(ends[1] / target - 1).max() > 1e-6


@pytest.mark.parametrize("depth", DEPTHS)
def test_small_starts_settle_at_every_lower_rate_and_at_no_higher(depth):
    starts = np.geomspace(0.02 if depth < 50 else 0.3, 0.9, 25)
    rates = np.array([0.2, 0.6, 0.9, 0.97, 1.02, 1.1]) * cycle.stable_rate(1.0, depth=depth)
    begun = np.tile(starts ** (1 / depth), (depth, 1))
    ends = discrete.strength([1000], s=np.ones(25), layers0=begun, rate=rates)[:, 0]
    assert_allclose(ends[:4], 1, rtol=1e-9)
    assert (np.abs(ends[4:] - 1) > 0.02).all()


def test_a_heavy_ball_from_afar_fails_from_a_third_of_its_stable_rate():
    for depth in (2, 3, 5, 10):
        starts = np.geomspace(0.02 if depth < 10 else 0.1, 0.4, 12)
        rates = np.array([0.25, 0.45]) * cycle.stable_rate(1.0, depth=depth, momentum=0.9)
        begun = np.tile(starts ** (1 / depth), (depth, 1))
        ends = discrete.strength([4000], s=np.ones(12), layers0=begun, rate=rates, momentum=0.9)[:, 0]
        assert_allclose(ends[0], 1, rtol=1e-9)
        assert not np.allclose(ends[1], 1, rtol=1e-3)


@pytest.mark.parametrize(("s", "power"), [(1.0, 1.0), (2.0, 3.0)])
@pytest.mark.parametrize("depth", DEPTHS)
def test_two_cycle_returns_after_two_steps_and_not_after_one(depth, s, power):
    m = np.array([2 + 1e-6, 2.1, 2.4, 3.0, 8.0])
    rate = (
        m / curvature(s, min(depth, 50), power)
        if depth <= 50
        else m * cycle.stable_rate(s, depth=depth, power=power) / 2
    )
    found = cycle.two_cycle(rate, s=s, depth=depth, power=power)
    assert (found.low < s / power).all()
    assert (found.high > s / power).all()

    def stepped(u):
        a = u ** (1 / depth)
        return (a + rate * a ** (depth - 1) * (s - power * a**depth)) ** depth

    assert_allclose(stepped(found.low), found.high, rtol=1e-10)  # m = 8 magnifies the round-off of u^(1/1000)
    assert_allclose(stepped(found.high)[:-1], found.low[:-1], rtol=1e-10)


@pytest.mark.parametrize("depth", [2, 3, 5, 9])
def test_multipliers_of_the_cycle_are_its_slopes(depth):
    s, power, rate = 1.4, 0.8, 2.3 / curvature(1.4, depth, 0.8)
    found, tiny = cycle.two_cycle(rate, s=s, depth=depth, power=power), 1e-30
    for u in (found.low, found.high):
        a = np.full(depth, u ** (1 / depth))
        along = walked(a + tiny * 1j, 2, rate, s, power).imag / tiny
        apart = np.zeros(depth)
        apart[:2] = [1, -1]
        across = walked(a + tiny * 1j * apart, 2, rate, s, power).imag / tiny
        assert_allclose(along, found.multiplier, rtol=1e-10)
        assert_allclose(across, found.imbalance * apart, rtol=1e-10, atol=1e-14)


def test_two_layers_in_closed_form():
    s, d, rate = 2.0, 3.0, np.array([0.5 + 1e-7, 0.51, 0.6, 0.75, 1.0, 5.0])
    p = 1 + rate * s
    found = cycle.two_cycle(rate, s=s, depth=2, power=d)
    root = np.sqrt((p - 2) * (p + 2))
    assert_allclose(found.low, 2 / (p + root) / (rate * d), rtol=1e-11)  # an onset loses digits as 1/(m − 2)
    assert_allclose(found.high, (p + root) / (2 * rate * d), rtol=1e-11)
    assert_allclose(found.multiplier, 9 - 2 * p**2, rtol=1e-11)
    assert_allclose(found.imbalance, 5 - 2 * p, rtol=1e-11)
    assert_allclose(cycle.cycle_limit(s, depth=2), (np.sqrt(5) - 1) / s, rtol=CLOSED_FORM)
    # beyond m = 4 the largest step from below lands where the next ones grow without end
    assert np.isfinite(end_of(2, [1.999], 3000)).all()
    assert np.isinf(end_of(2, [2.01], 3000)).all()


@pytest.mark.parametrize("depth", DEPTHS)
def test_cycle_opens_as_a_square_root(depth):
    def off(beyond):
        found = cycle.two_cycle((2 + beyond) / depth, s=1.0, depth=depth)
        size = np.log(found.high / found.low) / (2 * depth)
        return size / np.sqrt(3 * beyond / (4 * (depth - 1) * (5 * depth - 4))) - 1

    errors = np.array([off(1e-2), off(5e-3), off(2.5e-3)])
    assert np.abs(errors[-1]) < 1e-3
    assert_allclose(errors[:-1] / errors[1:], 2, atol=ORDER)


@pytest.mark.parametrize("depth", DEPTHS)
def test_descent_from_small_starts_ends_on_the_cycle(depth):
    limit = float(cycle.cycle_limit(1.0, depth=depth))
    rates = np.array([1.04 * 2 / depth, 0.5 * (2 / depth + limit), 0.98 * limit])
    ends = np.sort(end_of(depth, rates, 3000), axis=1)
    found = cycle.two_cycle(rates, s=1.0, depth=depth)
    assert (np.abs(found.multiplier) < 1).all()
    assert_allclose(ends, np.stack([found.low, found.low, found.high, found.high], axis=1), rtol=1e-10)
    beyond = np.sort(end_of(depth, 1.01 * limit, 6000)[0])
    assert np.diff(beyond)[[0, 2]].min() > 1e-3  # period four
    assert cycle.two_cycle(1.01 * limit, s=1.0, depth=depth).multiplier < -1


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_whole_matrices_visit_the_cycle_and_balance(depth):
    rng, s = np.random.default_rng(depth), np.array([2.0, 0.7])
    frames = [np.linalg.qr(rng.normal(size=(n, n)))[0][:, :2] for n in (5, 4, 6, 3, 5)[: depth + 1]]
    layers = np.full((depth, 2), 0.6)
    layers[0] = 0.8
    w = [(up * a) @ down.T for down, up, a in zip(frames[:-1], frames[1:], layers, strict=True)]
    s31, rate, apart, u = (frames[-1] * s) @ frames[0].T, 2.3 / curvature(2.0, depth, 1.0), [], []
    for _ in range(1502):
        below = [np.eye(5)]
        for x in w:
            below.append(x @ below[-1])
        back, moves = s31 - below[-1], []
        u.append(frames[-1][:, 0] @ below[-1] @ frames[0][:, 0])
        ends = [up[:, 0] @ x @ down[:, 0] for down, up, x in zip(frames[:-1], frames[1:], w, strict=True)]
        apart.append(ends[0] - ends[1])
        for i in reversed(range(depth)):
            moves.insert(0, back @ below[i].T)
            back = w[i].T @ back
        w = [x + rate * move for x, move in zip(w, moves, strict=True)]
    found = cycle.two_cycle(rate, s=2.0, depth=depth)
    assert_allclose(np.sort(u[-2:]), [found.low, found.high], rtol=1e-9)
    late = int(np.argmax(np.abs(apart) < 1e-5))  # on the cycle, and well above round-off
    assert_allclose(apart[late + 2] / apart[late], found.imbalance, rtol=1e-4)  # terms of second order in apart


def test_where_there_is_no_cycle():
    found = cycle.two_cycle([0.1, 1.0, 1.0 + 1e-9], s=1.0, depth=2)
    for part in found:
        assert_array_equal(np.isnan(part), [True, True, False])
    assert np.isnan(cycle.two_cycle(3.0, s=1.0, depth=1).low)
    assert np.isnan(cycle.two_cycle(3.0, s=0.0, depth=2).low)
    assert cycle.stable_rate(0.0, depth=2) == np.inf
    assert cycle.cycle_limit(0.0, depth=2) == np.inf
    assert cycle.two_cycle([[0.1], [2.0]], s=[1.0, 2.0, 3.0], depth=3).high.shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cycle.multiplier(0.0, s=1.0, depth=2), r"multiplier needs a finite rate > 0, got rate=0.0"),
        (
            lambda: cycle.stable_rate(1.0, depth=2, momentum=1.0),
            r"stable_rate needs 0 <= momentum < 1, got momentum=1.0",
        ),
        (lambda: cycle.two_cycle(-1.0, s=1.0, depth=2), r"two_cycle needs a finite rate > 0, got rate=-1.0"),
        (lambda: cycle.two_cycle(1.0, s=1.0, depth=2, power=0.0), r"two_cycle needs a finite power > 0, got power=0.0"),
        (lambda: cycle.two_cycle(1.0, s=1.0, depth=np.inf), r"two_cycle needs a finite depth, got depth=inf"),
        (lambda: cycle.two_cycle(1.0, s=1.0, depth=0), r"two_cycle needs a whole depth >= 1, got depth=0"),
        (lambda: cycle.cycle_limit(1.0, depth=1), r"cycle_limit needs a finite depth >= 2, got depth=1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
