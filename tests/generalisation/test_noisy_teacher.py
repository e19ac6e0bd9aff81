from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.generalisation.conftest import assert_within_errors

from deeplinear.exact.modes import depth as deep
from deeplinear.generalisation.noisy_teacher import NoisyTeacher

S = (6.0, 3.0, 1.9, 0.5)  # the last one is hidden in the noise
TEACHER = NoisyTeacher(S, n_in=300, n_out=150, u0=1e-3)
SEEDS = 16


def draw(s, n_in, n_out, sigma, rng):
    """A teacher in random directions and the noisy correlation, which the student learns mode by mode."""
    u = np.linalg.qr(rng.normal(size=(n_out, len(s))))[0]
    v = np.linalg.qr(rng.normal(size=(n_in, len(s))))[0]
    teacher = u @ np.diag(s) @ v.T
    return teacher, teacher + sigma / np.sqrt(n_in) * rng.normal(size=teacher.shape)


def learn(values, times, *, u0, tau, depth):
    """Mode strengths by integrating their equation of motion, shape (T, modes)."""
    run = solve_ivp(
        lambda _, u: depth * np.abs(u) ** (2 - 2 / depth) * (values - u) / tau,
        (0, times[-1]),
        np.full(len(values), u0),
        t_eval=times,
        method="DOP853",
        rtol=1e-6,
        atol=1e-8,
    )
    return run.y.T


@pytest.mark.parametrize(("n_in", "n_out"), [(300, 150), (200, 200), (150, 300)])
@pytest.mark.parametrize(
    ("how", "times"),
    [
        ({"depth": 1, "u0": 0.0}, [0.02, 0.1, 0.4, 1.0, 4.0]),
        ({"depth": 2, "u0": 1e-3}, [0.5, 1.0, 1.5, 2.0, 3.0, 10.0]),
        ({"depth": 3, "u0": 1e-2}, [0.2, 0.5, 1.5, 2.5, 4.0, 20.0]),
        ({"depth": 2, "u0": 1e-3, "hidden": 30, "sigma": 0.7, "tau": 3.0}, [2.0, 5.0, 9.0, 15.0, 40.0]),
    ],
)
def test_against_matrices(n_in, n_out, how, times):
    theory = NoisyTeacher(S, n_in=n_in, n_out=n_out, **how)
    rng, times = np.random.default_rng(17), np.array(times)
    test, train = [], []
    for _ in range(SEEDS):
        teacher, noisy = draw(S, n_in, n_out, theory.sigma, rng)
        u, values, vt = np.linalg.svd(noisy, full_matrices=False)
        kept = values[: theory.hidden]
        if theory.depth == 1:
            strengths = kept * (1 - np.exp(-times[:, None] / theory.tau))
        else:
            strengths = learn(kept, times, u0=theory.u0, tau=theory.tau, depth=theory.depth)
        maps = (u[:, : len(kept)] * strengths[:, None, :]) @ vt[: len(kept)]
        test.append(((maps - teacher) ** 2).sum(axis=(1, 2)) / (teacher**2).sum())
        train.append(((maps - noisy) ** 2).sum(axis=(1, 2)) / (noisy**2).sum())
    # corrections to theory are of order 1/n beside the spread of one mode's strength over samples
    assert_within_errors(test, theory.test_error(times))
    assert_within_errors(train, theory.train_error(times))


def dense(theory, t):
    """The test error by the midpoint rule in angle, from the formulas as printed, with other variables."""
    a, sigma, n = theory.aspect, theory.sigma, 80_000
    theta = (np.arange(n) + 0.5) / n * np.pi
    x = 1 + a + 2 * np.sqrt(a) * np.cos(theta)
    bulk = 2 * a * np.sin(theta) ** 2 / (np.pi * x) * theory.n_in - 1 / (2 * np.pi)
    leak = np.zeros(n)
    for s in np.array(theory.singular_values) / sigma:
        q = s**2 / np.sqrt(a)
        pole = 1 + q**2 - 2 * q * np.cos(theta)
        bulk += (q * np.cos(theta) - q**2) / pole / np.pi
        leak += sigma * s * 2 * s * np.sin(theta) ** 2 / (np.pi * np.sqrt(x)) / pole
    ends = np.array([(1 - np.sqrt(a)) ** 2, (1 + np.sqrt(a)) ** 2])
    how = {"u0": theory.u0, "tau": theory.tau, "depth": theory.depth}
    u = deep.strength(t, s=sigma * np.sqrt(x), **how)
    total = np.pi / n * (bulk * u**2 - 2 * leak * u).sum()
    total += (deep.strength(t, s=sigma * np.sqrt(ends), **how) ** 2).sum() / 4
    for s in theory.singular_values:
        if s > a**0.25 * sigma:
            top = np.sqrt((sigma**2 + s**2) * (a * sigma**2 + s**2)) / s
            held = (s**4 - a * sigma**4) / s / np.sqrt((a * sigma**2 + s**2) * (sigma**2 + s**2))
            now = deep.strength(t, s=top, **how)
            total += now**2 - 2 * now * held
    return 1 + total / (np.array(theory.singular_values) ** 2).sum()


@pytest.mark.parametrize("n_out", [150, 300, 500])
@pytest.mark.parametrize(
    ("how", "times"),
    [
        ({"depth": 2, "u0": 1e-12}, [3.0, 8.0, 12.0, 30.0]),
        ({"depth": 4, "u0": 1e-5, "sigma": 0.5, "tau": 0.7}, [5.0, 20.0, 60.0, 200.0]),
    ],
)
def test_quadrature(n_out, how, times):
    theory = replace(TEACHER, n_out=n_out, singular_values=(6.0, 1.3, 0.4), **how)
    found = theory.test_error(times)
    assert_allclose(found, [dense(theory, t) for t in times], rtol=INTEGRATOR)


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
@pytest.mark.parametrize(("n_in", "n_out"), [(300, 150), (150, 150), (150, 320)])
@pytest.mark.parametrize("sigma", [0.2, 1.0])
def test_ends(depth, n_in, n_out, sigma):
    theory = replace(TEACHER, n_in=n_in, n_out=n_out, depth=depth, sigma=sigma)
    power = sum(s * s for s in S)
    late = theory.test_error(np.inf)  # W is Σ³¹, so its error is the noise, on average exactly
    assert_allclose(late, sigma**2 * n_out / power, rtol=1e-11)
    assert theory.train_error(np.inf) < 1e-30
    assert isinstance(late, float)
    assert theory.test_error(np.ones((2, 3))).shape == (2, 3)
    assert_allclose(theory.test_error(0.0), 1, rtol=2e-2)
    assert theory.test_error([]).shape == (0,)


def test_nothing_learned_yet_is_exact():
    shallow = replace(TEACHER, depth=1, u0=0.0)
    assert shallow.test_error(0.0) == 1
    assert_allclose(shallow.train_error(0.0), 1, rtol=1e-15)


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_scale_of_the_noise(depth):
    """Everything c times larger learns in a time ``c^(2 − 2/depth)`` times smaller."""
    c, times = 3.7, np.array([0.0, 0.3, 1.0, 3.0, 10.0, np.inf])
    small = replace(TEACHER, depth=depth, u0=1e-2)
    large = replace(small, singular_values=tuple(c * s for s in S), sigma=c, u0=c * 1e-2, tau=c ** (2 - 2 / depth))
    assert_allclose(large.test_error(times), small.test_error(times), rtol=1e-9)
    assert_allclose(large.train_error(times), small.train_error(times), rtol=1e-9, atol=1e-15)
    assert_allclose(large.stopping_times(), small.stopping_times(), rtol=1e-9)


@pytest.mark.parametrize("depth", [2, 4])
def test_no_noise(depth):
    clean = replace(TEACHER, sigma=0.0, depth=depth)
    times = np.array([0.5, 2.0, 9.0])
    u = np.array([deep.strength(times, s=s, u0=1e-3, depth=depth) for s in S])
    rest = (min(300, 150) - len(S)) * deep.strength(times, s=0.0, u0=1e-3, depth=depth) ** 2
    power = sum(s * s for s in S)
    expected = (((u - np.array(S)[:, None]) ** 2).sum(axis=0) + rest) / power
    assert_allclose(clean.test_error(times), expected, rtol=CLOSED_FORM, atol=1e-15)  # a sum of terms of order 1
    assert_allclose(clean.train_error(times), expected, rtol=CLOSED_FORM)
    assert clean.optimal_stopping_time() > 40  # where no digit changes any more, or never
    assert abs(clean.overtraining()) < 1e-12
    assert (clean.stopping_times() == np.inf).all()
    assert clean.shrinkage_error() == 0


@pytest.mark.parametrize(
    "theory",
    [
        TEACHER,
        replace(TEACHER, depth=1, u0=0.0),
        replace(TEACHER, depth=3, n_in=160),
        replace(TEACHER, depth=5, u0=1e-5),
        replace(TEACHER, singular_values=(40.0, 1.3), n_in=2000, n_out=500, depth=4, u0=1e-2),
        replace(TEACHER, hidden=5, tau=20.0),
        replace(TEACHER, singular_values=(0.4, 0.2)),
    ],
)
def test_no_time_is_better_than_the_best(theory):
    best = theory.optimal_stopping_time()
    error = theory.test_error(best)
    fine = best * (1 + np.linspace(-0.02, 0.02, 5))
    grid = np.concatenate([[0.0, np.inf], theory.tau * np.geomspace(1e-2, 1e4, 40), fine])
    assert error <= theory.test_error(grid).min() + 1e-12
    assert_allclose(theory.overtraining(), theory.test_error(np.inf) - error, rtol=1e-12)
    assert theory.overtraining() >= 0
    assert theory.shrinkage_error() < error + 3 / theory.n_out


@pytest.mark.parametrize(
    ("s", "n_in", "n_out", "depth", "u0", "dips"),
    [((8.0, 1.15), 1000, 100, 2, 1e-9, 2), ((5.0, 0.9), 4000, 40, 4, 1e-6, 1), ((5.0, 2.2), 4000, 40, 4, 1e-6, 0)],
)
def test_several_minima(s, n_in, n_out, depth, u0, dips):
    """A strong mode overshoots long before a weak one is learned; in deep students in a time too short to see on a grid."""
    theory = NoisyTeacher(s, n_in=n_in, n_out=n_out, u0=u0, depth=depth)
    curve = theory.test_error(np.geomspace(0.1, 1e4, 250))
    assert ((curve[1:-1] < curve[:-2]) & (curve[1:-1] < curve[2:])).sum() >= dips
    best = theory.optimal_stopping_time()
    around = theory.test_error(best * (1 + 1e-4 * np.array([-1, 0, 1])))
    assert around[1] <= min(curve.min(), around.min()) + 1e-12


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_stopping_times(depth):
    theory = replace(TEACHER, depth=depth)
    times = theory.stopping_times()
    a = 0.5
    for s, t in zip(S, times, strict=True):
        if s < a**0.25:
            assert t == 0
            continue
        top = np.sqrt((1 + s**2) * (a + s**2)) / s
        u = learn(np.array([top]), np.array([0.0, t]), u0=1e-3, tau=1.0, depth=depth)[-1, 0]
        aim = (s**4 - a) / s / np.sqrt((a + s**2) * (1 + s**2))
        assert_allclose(u, aim, rtol=1e-5)  # the integrator's tolerance
    assert (replace(theory, u0=50.0).stopping_times() == 0).all()


def test_shrinkage():
    rng, samples = np.random.default_rng(23), []
    for _ in range(SEEDS):
        teacher, noisy = draw(S, 300, 150, 1.0, rng)
        u, _, vt = np.linalg.svd(noisy, full_matrices=False)
        shrunk = np.array(S[:3]) * TEACHER.overlaps[:3]
        samples.append((((u[:, :3] * shrunk) @ vt[:3] - teacher) ** 2).sum() / (teacher**2).sum())
    assert_within_errors(samples, TEACHER.shrinkage_error(), errors=5.0)
    assert_allclose(
        replace(TEACHER, hidden=1).shrinkage_error(), 1 - (6 * TEACHER.overlaps[0]) ** 2 / 48.86, rtol=1e-12
    )


def test_threshold_is_finite():
    edge = replace(TEACHER, singular_values=(0.5**0.25, 3.0))
    assert np.isfinite(edge.test_error([0.0, 1.0, 5.0, np.inf])).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"singular_values": (1.0, 0.0)}, r"NoisyTeacher needs finite singular_values > 0, got singular_values=0.0"),
        (
            {"singular_values": ()},
            r"NoisyTeacher needs whole n_in, n_out and 1 to min\(n_in, n_out\) singular values, got 0",
        ),
        ({"n_out": 3}, r"got 4 of them for n_in=300, n_out=3: each takes one input and one output"),
        ({"n_in": 300.5}, r"NoisyTeacher needs a whole n_in"),
        ({"n_in": np.nan}, r"NoisyTeacher needs a whole n_in"),
        ({"sigma": -1.0}, r"NoisyTeacher needs a finite sigma >= 0, got sigma=-1.0"),
        ({"u0": 0.0}, r"Student needs u0 > 0, got u0=0.0: u = 0 is a fixed point"),
        ({"tau": 0.0}, r"Student needs a finite tau > 0, got tau=0.0"),
        ({"depth": 1.5}, r"Student needs a whole depth >= 1, got depth=1.5"),
        ({"hidden": 0}, r"Student needs a whole hidden >= 1, got hidden=0"),
        ({"depth": 1, "hidden": 3}, r"got hidden=3 at depth=1: it is a number of units"),
    ],
)
def test_bad_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        replace(TEACHER, **arguments)


def test_bad_times():
    with pytest.raises(ValueError, match=r"test_error needs t >= 0, got t=-1.0"):
        TEACHER.test_error([1.0, -1.0])
    with pytest.raises(ValueError, match=r"train_error needs t >= 0, got t=nan"):
        TEACHER.train_error(np.nan)
