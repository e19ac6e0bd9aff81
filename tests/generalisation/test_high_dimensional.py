from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import ive
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.generalisation.conftest import assert_within_errors

from deeplinear.generalisation.high_dimensional import HighDimensional

STUDENT = HighDimensional(ratio=1.5, noise=0.4, teacher=1.0, start=0.3, tau=2.0)
RATIOS = [0.5, 0.98, 1.0, 1.5, 5.0]
TIMES = np.array([0.3, 1.5, 6.0, 20.0])


def descend(x, y, w, times, rate, tau):
    """Weights at these times by Runge-Kutta on ``tau dw/dt = rate X (y − Xᵀ w)``; many students side by side."""
    found, now, step = [], 0.0, 0.4 * tau / rate / np.linalg.norm(x, 2) ** 2

    def pull(w):
        return rate / tau * (x @ (y - x.T @ w))

    for end in times:
        count = int(np.ceil((end - now) / step))
        h = (end - now) / count
        for _ in range(count):
            a = pull(w)
            b = pull(w + h / 2 * a)
            c = pull(w + h / 2 * b)
            w = w + h / 6 * (a + 2 * b + 2 * c + pull(w + h * c))
        found.append(w)
        now = end
    return np.array(found)


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.5])
def test_against_descent(ratio, normalised):
    student = replace(STUDENT, ratio=ratio, normalised=normalised)
    rng, n, side = np.random.default_rng(5), 300, 8
    p = int(ratio * n)
    inputs, weights = (1.0, 1 / n) if normalised else (1 / n, 1.0)
    test, train = [], []
    for _ in range(8):
        x = rng.normal(size=(n, p)) * np.sqrt(inputs)
        teacher = rng.normal(size=(n, side)) * np.sqrt(student.teacher * weights)
        y = x.T @ teacher + rng.normal(size=(p, side)) * np.sqrt(student.noise)
        start = rng.normal(size=(n, side)) * np.sqrt(student.start * weights)
        w = descend(x, y, start, TIMES, 1 / p if normalised else 1.0, student.tau)
        test.append(inputs * ((w - teacher) ** 2).sum(axis=1).mean(axis=-1))
        train.append(((y - x.T @ w) ** 2).mean(axis=(1, 2)))
    assert_within_errors(test, student.test_error(TIMES))
    assert_within_errors(train, student.train_error(TIMES))


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_finite_size(ratio):
    """Averaged over weights and noise, a data set of N inputs is off by its spectrum's finite size, c/N exactly."""
    student = replace(STUDENT, ratio=ratio)
    rng, low, high = np.random.default_rng(8), (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2

    def direction(x):
        decay = np.exp(-x * TIMES[:, None] / student.tau)
        return (student.teacher + student.start) * decay**2 + student.noise * (1 - decay) ** 2 / x

    angles = (np.arange(2000) + 0.5) / 2000 * np.pi
    inside = direction(1 + ratio + 2 * np.sqrt(ratio) * np.cos(angles)).mean(axis=-1) / 2
    shift = (direction(np.array([low])) + direction(np.array([high])))[:, 0] / 4 - inside
    for n in (40, 160):
        samples = []
        for _ in range(120):
            x = rng.normal(size=(n, int(ratio * n))) / np.sqrt(n)
            powers = np.linalg.eigvalsh(x @ x.T)[max(0, n - int(ratio * n)) :]
            samples.append(
                direction(powers).sum(axis=-1) / n + student.frozen_share * (student.teacher + student.start)
            )
        assert_within_errors(n * (np.array(samples) - student.test_error(TIMES)), shift + 0.5 * np.abs(shift) / n)


@pytest.mark.parametrize("ratio", [0.3, 0.9, 1.2, 4.0])
def test_integral(ratio):
    student = replace(STUDENT, ratio=ratio)
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2

    def density(x):
        return np.sqrt(max((high - x) * (x - low), 0.0)) / (2 * np.pi * x)

    def test(x, t):
        e = np.exp(-x * t / student.tau)
        return (student.teacher + student.start) * e**2 + student.noise / x * (1 - e) ** 2

    def train(x, t):
        return (student.noise + x * (student.teacher + student.start)) * np.exp(-2 * x * t / student.tau) / ratio

    for t in TIMES:
        for f, curve, rest in (
            (test, student.test_error, max(0.0, 1 - ratio) * (student.teacher + student.start)),
            (train, student.train_error, max(0.0, 1 - 1 / ratio) * student.noise),
        ):
            expected, _ = quad(lambda x, f=f, t=t: density(x) * f(x, t), low, high, epsabs=0, epsrel=1e-11, limit=400)
            assert_allclose(curve(t), expected + rest, rtol=INTEGRATOR)


def test_hard_edge_in_bessel_functions():
    t = np.array([1e-9, 0.1, 1.0, 30.0, 1e4, 1e7])
    clean = HighDimensional(ratio=1.0, noise=0.0, teacher=1.0)
    laplace = ive(0, 4 * t) + ive(1, 4 * t)  # mean of exp(−2λt) over the quarter circle
    assert_allclose(clean.test_error(t), laplace, rtol=CLOSED_FORM)
    noisy = HighDimensional(ratio=1.0, noise=1.0, teacher=0.0)
    assert_allclose(noisy.train_error(t), laplace, rtol=CLOSED_FORM)
    late = noisy.test_error(np.array([1e6, 4e6, 1e16]))
    assert_allclose(late[1] / late[0], 2, rtol=1e-3)  # grows as √t, without end
    assert np.isfinite(late).all()


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("normalised", [False, True])
def test_ends(ratio, normalised):
    student = replace(STUDENT, ratio=ratio, normalised=normalised)
    ends = np.array([[0.0, np.inf], [0.0, 1e12]])
    test, train = student.test_error(ends), student.train_error(ends)
    assert test.shape == train.shape == (2, 2)
    assert (test[:, 0] == 1.3).all()
    assert (train[:, 0] == 0.4 + 1.3).all()
    assert test[0, 1] == student.late_error
    assert_allclose(train[:, 1], 0.4 * max(0, 1 - 1 / ratio), rtol=CLOSED_FORM, atol=1e-6 if ratio == 1 else 0)
    if ratio != 1:
        assert_allclose(test[1, 1], student.late_error, rtol=CLOSED_FORM)


def test_late_error():
    rng, n, p = np.random.default_rng(4), 200, 500
    samples = []
    for _ in range(10):
        x = rng.normal(size=(n, p)) / np.sqrt(n)
        samples.append(0.4 / n * np.trace(np.linalg.inv(x @ x.T)) * (p - n - 1) / (p - n))  # exact mean n/(p − n − 1)
    assert_within_errors(samples, replace(STUDENT, ratio=2.5).late_error)
    assert_allclose(replace(STUDENT, ratio=2.5).late_error, 0.4 / 1.5, rtol=CLOSED_FORM)
    assert_allclose(replace(STUDENT, ratio=0.5).late_error, 0.4 + 0.5 * 1.3, rtol=CLOSED_FORM)
    assert replace(STUDENT, ratio=1.0).late_error == np.inf
    assert replace(STUDENT, ratio=1.0, noise=0.0).late_error == 0
    assert replace(STUDENT, ratio=0.25).frozen_share == 0.75
    assert STUDENT.frozen_share == 0


def test_normalised_is_another_clock():
    times = np.array([0.0, 0.4, 3.0, np.inf])
    other = replace(STUDENT, normalised=True)
    for name in ("test_error", "train_error"):
        assert_allclose(getattr(other, name)(1.5 * times), getattr(STUDENT, name)(times), rtol=CLOSED_FORM)
    assert_allclose(other.optimal_stopping_time(), 1.5 * STUDENT.optimal_stopping_time(), rtol=1e-6)
    assert_allclose(other.stopping_times(2.0), 1.5 * STUDENT.stopping_times(3.0), rtol=CLOSED_FORM)


@pytest.mark.parametrize("power", [1e-3, 0.5, 4.0])
def test_a_direction_is_best_at_its_stop(power):
    times = STUDENT.stopping_times(power) * np.array([1 - 1e-3, 1 - 1e-6, 1.0, 1 + 1e-6, 1 + 1e-3])
    e = np.exp(-power * times / STUDENT.tau)
    error = 1.3 * e**2 + 0.4 / power * (1 - e) ** 2
    assert error[2] < error[[0, 4]].min()
    assert_allclose(1.3 * e[2], 0.4 / power * (1 - e[2]), rtol=CLOSED_FORM)  # the derivative is zero


def test_stops_at_the_ends():
    assert_allclose(STUDENT.stopping_times([0.0, 1e-14]), 2.0 * 1.3 / 0.4, rtol=CLOSED_FORM)
    assert replace(STUDENT, noise=0.0).stopping_times(1.0) == np.inf
    assert replace(STUDENT, teacher=0.0, start=0.0).stopping_times(1.0) == 0
    assert replace(STUDENT, noise=0.0).optimal_stopping_time() == np.inf
    assert replace(STUDENT, teacher=0.0, start=0.0).optimal_stopping_time() == 0


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("noise", [1e-4, 0.4, 30.0])
@pytest.mark.parametrize("normalised", [False, True])
def test_no_time_is_better_than_the_best(ratio, noise, normalised):
    student = replace(STUDENT, ratio=ratio, noise=noise, normalised=normalised)
    best = student.optimal_stopping_time()
    grid = np.geomspace(1e-6, 1e6, 3000)
    curve = student.test_error(grid)
    least = student.test_error(best)
    assert least <= curve.min() * (1 + CLOSED_FORM)
    assert_allclose(best, grid[curve.argmin()], rtol=0.03)  # the grid is 1 % apart, and the curve flat
    assert_allclose(student.overtraining(grid[-1]), curve[-1] - least, rtol=1e-9)
    assert student.overtraining(0.0) == 0
    assert_allclose(student.overtraining(), student.late_error - least, rtol=1e-9)


@pytest.mark.parametrize("t", [8.0, 300.0])
def test_overtraining_is_worst_near_one(t):
    ratio, cost = STUDENT.worst_ratio(t)
    assert ratio > 1
    grid = np.geomspace(0.9, 1.6, 25)
    costs = [replace(STUDENT, ratio=r).overtraining(t) for r in grid]
    assert cost >= max(costs)
    assert abs(grid[np.argmax(costs)] - ratio) < 0.04
    assert_allclose(replace(STUDENT, ratio=ratio).overtraining(t), cost, rtol=1e-9)


def test_overtraining_at_infinite_time():
    assert STUDENT.worst_ratio() == (1.0, np.inf)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ratio": 0.0}, r"HighDimensional needs a finite ratio > 0, got ratio=0.0: it is examples for each weight"),
        ({"noise": -0.5}, r"HighDimensional needs a finite noise >= 0, got noise=-0.5: it is a variance"),
        ({"teacher": np.nan}, r"HighDimensional needs a finite teacher >= 0, got teacher=nan"),
        ({"start": np.inf}, r"HighDimensional needs a finite start >= 0, got start=inf"),
        ({"tau": -1.0}, r"HighDimensional needs a finite tau > 0, got tau=-1.0"),
    ],
)
def test_bad_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        replace(STUDENT, **arguments)


def test_bad_questions():
    with pytest.raises(ValueError, match=r"test_error needs t >= 0, got t=-1.0"):
        STUDENT.test_error(-1.0)
    with pytest.raises(ValueError, match=r"train_error needs t >= 0, got t=nan"):
        STUDENT.train_error([0.0, np.nan])
    with pytest.raises(ValueError, match=r"stopping_times needs finite eigenvalues >= 0, got eigenvalues=-2.0"):
        STUDENT.stopping_times(-2.0)
    with pytest.raises(ValueError, match=r"worst_ratio needs noise > 0, got noise=0.0: without noise"):
        replace(STUDENT, noise=0.0).worst_ratio(3.0)
