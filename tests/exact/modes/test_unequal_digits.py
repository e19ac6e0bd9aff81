"""How many digits of the hyperbolic law survive next to its stable manifold, early, late and at the ends of float64."""

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import TIMES

from deeplinear import Task, solve
from deeplinear.exact import sigmoid, unequal

EPS = np.finfo(float).eps
LOST = 16  # roundings: the largest seen in 5000 random starts is 5.2
TARGETS = [0.0, 1e-7, 0.3, 1.0, 3.0]


def exact(t, s, a0, b0):
    """Both layers by ``exp(F t) q_0 / √(1 + ∫ ‖exp(F x) q_0‖² dx)`` in 700 digits, which no cancellation exhausts."""
    with mp.workdps(700):
        t, s, a0, b0 = map(mp.mpf, (t, s, a0, b0))
        half = (b0**2 - a0**2) / 2
        omega = mp.sqrt(s * s + half * half)
        if omega == 0:
            shrink = 1 / mp.sqrt(1 + (a0**2 + b0**2) * t)
            return a0 * shrink, b0 * shrink
        slope = ((s * b0 - half * a0) / omega, (s * a0 + half * b0) / omega)
        wave, climb = mp.cosh(omega * t), mp.sinh(omega * t)
        even, odd = mp.sinh(2 * omega * t) / (4 * omega) + t / 2, mp.sinh(2 * omega * t) / (4 * omega) - t / 2
        total = 1 + (a0**2 + b0**2) * even + (slope[0] ** 2 + slope[1] ** 2) * odd
        total += (a0 * slope[0] + b0 * slope[1]) * climb**2 / omega
        return tuple((x * wave + dx * climb) / mp.sqrt(total) for x, dx in zip((a0, b0), slope, strict=True))


def starts(kind, rng):
    strong = rng.choice([-1, 1]) * 10 ** rng.uniform(-3, 1)
    other = {
        "next to the stable manifold": -strong * (1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-15, -2)),
        "on the stable manifold": -strong,
        "one layer weak": strong * rng.choice([-1, 1]) * 10 ** rng.uniform(-12, -2),
        "nearly equal": strong * (1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-15, -2)),
        "any": rng.normal(),
    }[kind]
    return (strong, other) if rng.random() < 0.5 else (other, strong)


@pytest.mark.parametrize(
    "kind", ["next to the stable manifold", "on the stable manifold", "one layer weak", "nearly equal", "any"]
)
def test_condition_numbers_are_true(kind):
    """No answer is off by more than a few roundings times ``1 + κ``."""
    rng = np.random.default_rng(0)
    for _ in range(80):
        (a0, b0), s, t = starts(kind, rng), rng.choice(TARGETS), 10 ** rng.uniform(-6, 2)
        a, b = exact(t, s, a0, b0)
        if abs(a * b) < 1e-290:
            continue
        how = {"s": s, "a0": a0, "b0": b0}
        allowed = LOST * EPS * (1 + float(unequal.condition(t, **how)))
        found = (*unequal.layers(t, **how), unequal.strength(t, **how))
        for ours, true in zip(found, (a, b, a * b), strict=True):
            assert abs(mp.mpf(float(ours)) / true - 1) < allowed, (t, s, a0, b0)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-12])
def test_starts_next_to_the_stable_manifold_are_solved_to_rounding(gap):
    """Through `solve`, inputs white or not: a = 1, b = −1 + gap in units in which the target is 1."""
    a0, b0, power = 1.0, -1.0 + gap, 3.0
    a, b = exact(12.0, 1.0, a0, b0)
    for task in (Task.from_modes([1.0]), Task.from_correlations([[power]], [[power]])):
        law = solve(task, ([[a0]], [[b0]]), tau=task.input_correlation[0, 0])
        assert "hyperbolic" in law.name
        assert_allclose(law([12.0]).strengths[0, 0], float(a * b), rtol=100 * EPS)
        assert_allclose([w[0, 0, 0] for w in law.weights([12.0])], [float(a), float(b)], rtol=100 * EPS, atol=EPS)


@pytest.mark.parametrize("gap", [1e-10, -1e-10, 1e-12, -1e-6])
def test_nearly_opposite_layers_learn_in_the_end(gap):
    """The sigmoid would never learn them, however small the gap: a residual of 2e-10 changes the answer altogether."""
    law = solve(Task.from_modes([1.0]), ([[-1.0]], [[1.0 + gap]]))
    assert "hyperbolic" in law.name
    a, b = exact(law.half_times[0], 1.0, -1.0, 1.0 + gap)
    assert_allclose(float(a * b), 0.5, rtol=100 * EPS * float(law.condition(law.half_times)[0, 0]))
    if abs(gap) == 1e-10:
        assert_allclose(law.half_times, [23.37], atol=0.01)
    with pytest.raises(
        ValueError, match=r"got a residual of .* that the answer magnifies without bound \(this law ends"
    ):
        solve(Task.from_modes([1.0]), ([[-1.0]], [[1.0 + gap]]), law="two-layer sigmoid", tolerance=0.1)


def test_exactly_opposite_layers_die():
    law = solve(Task.from_modes([1.0]), ([[-1.0]], [[1.0]]))
    assert "sigmoid" in law.name
    assert np.isnan(law.half_times).all()


@pytest.mark.parametrize("size", [1e-100, 1e-160, 1e-200, 1e-300])
def test_the_smallest_starts_learn(size):
    """Half time ``ln(s/u0 − 1)/(2s)``, also where ``u0 = size²`` is no number any more."""
    half = -np.log(size)
    assert_allclose(unequal.learning_time(0.5, s=1.0, a0=size, b0=size), half, rtol=TIMES)
    assert_allclose(unequal.learning_time(0.5, s=1.0, a0=size, b0=size / 2), half - np.log(0.75), rtol=TIMES)
    assert_allclose(unequal.strength(half, s=1.0, a0=size, b0=size), 0.5, rtol=1e-12)  # κ is 700
    early = [size * np.exp(0.5)] * 2  # both layers grow alike, as long as they are small
    assert_allclose(unequal.layers(0.5, s=1.0, a0=size, b0=size), early, rtol=1e-14)
    law = solve(Task.from_modes([1.0]), ([[size]], [[size]]))
    assert "sigmoid" in law.name
    assert law.ending == "the best linear map"
    assert_allclose(law.half_times, half, rtol=TIMES)
    assert_allclose(law([half]).strengths, 0.5, rtol=1e-12)


def test_the_smallest_strengths_have_times():
    u0 = 1e-320
    assert_allclose(sigmoid.half_time(s=1.0, u0=u0), -np.log(u0) / 2, rtol=TIMES)
    assert_allclose(
        sigmoid.learning_time([1e-10, 0.9], s=2.0, u0=u0), (np.log([2e-10 / 2, 1.8 / 1.1]) - np.log(u0)) / 4, rtol=1e-9
    )


@pytest.mark.parametrize("size", [1e150, 1e160, 1e300])
def test_the_largest_starts_are_refused_in_words(size):
    with pytest.raises(
        ValueError, match=r"strength needs \|a0\| < 1e\+150, got a0=1e\+\d+: float64 ends at its square"
    ):
        unequal.strength(1.0, s=1.0, a0=size, b0=0.1)
    for rest in ([[0.1]], [[0.1]]), ([[0.1]],):
        with pytest.raises(
            ValueError, match=r"solve needs weights whose products stay below 1e150, got layers with ent"
        ):
            solve(Task.from_modes([1.0]), ([[size]], *rest))
