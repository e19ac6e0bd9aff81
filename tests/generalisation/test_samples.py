"""Every formula of the noisy teacher against what its own sampler draws, over every argument."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.generalisation.conftest import assert_within_errors

from deeplinear.exact.modes import depth as deep
from deeplinear.generalisation.noisy_teacher import NoisyTeacher

S = (6.0, 3.0, 1.9, 0.5)  # the last one is hidden in the noise
TEACHER = NoisyTeacher(S, n_in=300, n_out=150, u0=1e-3)
ARGUMENTS = [
    {},
    *({"hidden": hidden} for hidden in (1, 2, 3, 4, 5, 20, 149)),
    *({"n_in": 150, "n_out": 300, "hidden": hidden} for hidden in (None, 1, 3, 4)),
    *({"n_in": 200, "n_out": 200, "hidden": hidden} for hidden in (None, 2, 3)),
    *({"sigma": sigma, "hidden": hidden} for sigma in (0.0, 0.3, 2.0) for hidden in (None, 1)),
    *({"depth": 3, "u0": 1e-2, "hidden": hidden} for hidden in (None, 2)),
    {"depth": 1, "u0": 0.0},
    {"depth": 5, "u0": 0.1, "tau": 0.3},
    {"u0": 1e-9},
    {"u0": 0.5, "hidden": 2},
    {"tau": 4.0, "hidden": 1},
    {"singular_values": (1.9, 0.5, 6.0, 3.0), "hidden": 2},
    {"singular_values": (4.0,), "hidden": 1},
    {"singular_values": (0.5, 0.3), "hidden": 2},
    {"singular_values": (0.5, 0.3)},
]
DRAWS = 16


@cache
def drawn(singular_values, n_in, n_out, sigma):
    """Samples that all students of one noise share."""
    theory = NoisyTeacher(singular_values, n_in=n_in, n_out=n_out, sigma=sigma)
    return [theory.sample(seed) for seed in range(DRAWS)]


def samples(theory):
    """What the theory's own sampler draws, without drawing the same noise twice."""
    one = theory.sample(0)
    draws = drawn(theory.singular_values, theory.n_in, theory.n_out, theory.sigma)
    draws = [replace(x, u0=theory.u0, tau=theory.tau, depth=theory.depth, hidden=theory.hidden) for x in draws]
    assert (one.test_error([0.1, 1.0]) == draws[0].test_error([0.1, 1.0])).all()
    return draws


def words(arguments):
    return ", ".join(f"{name}={value}" for name, value in arguments.items()) or "all modes"


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=words)
def test_curves_of_samples(arguments):
    """Their mean within five standard errors: at the start, while modes are learned, when stopped well, and at the end."""
    theory = replace(TEACHER, **arguments)
    strongest = theory.student.learning_time(max(theory.empirical) / 2, max(theory.empirical))
    times = np.append(
        strongest * np.array([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 8.0]), [theory.optimal_stopping_time(), np.inf]
    )
    draws = samples(theory)
    for error in ("test_error", "train_error"):
        assert_within_errors([getattr(one, error)(times) for one in draws], getattr(theory, error)(times))
    kept = theory.learned
    order = np.argsort(-np.array(theory.singular_values))
    aims = (np.array(theory.singular_values) * theory.overlaps * kept)[order][: kept.sum()]
    left = [
        1 + ((aims - 2 * one.task.strengths(one.teacher)[: len(aims)]) * aims).sum() / power(theory) for one in draws
    ]
    assert_within_errors(left, theory.shrinkage_error())


def power(theory):
    return float(np.square(theory.singular_values).sum())


@pytest.mark.parametrize("hidden", [1, 2, 3])
def test_no_noise_mode_fits_where_the_teacher_fills_the_layer(hidden):
    """Late error in closed form: ``Σ ŝ² − 2 ŝ s O`` of the modes that fit, and nothing else."""
    theory = replace(TEACHER, hidden=hidden)
    s, top, overlap = np.array(S[:hidden]), theory.empirical[:hidden], theory.overlaps[:hidden]
    assert_allclose(theory.test_error(np.inf), 1 + (top**2 - 2 * top * s * overlap).sum() / power(theory), rtol=1e-12)
    total = power(theory) + theory.n_out
    assert_allclose(theory.train_error(np.inf), 1 - (top**2).sum() / total, rtol=1e-12)


def test_one_hidden_unit():
    """400 inputs, 300 outputs: 0.0503, where a quarter of a mode at the noise's edge would add 0.0242."""
    theory = NoisyTeacher((6.0,), n_in=400, n_out=300, u0=1e-3, hidden=1)
    assert_allclose(theory.test_error(np.inf), 0.0503, atol=5e-5)


def test_hidden_width():
    full = TEACHER.test_error([0.5, 2.0, np.inf])
    assert (replace(TEACHER, hidden=150).test_error([0.5, 2.0, np.inf]) == full).all()
    number = replace(TEACHER, hidden=40).spectrum(np.array([1.0])).number
    assert_allclose(number.sum(axis=-1), 40, rtol=1e-9)
    assert_allclose(TEACHER.spectrum(np.array([1.0, 4.0])).number.sum(axis=-1), 150, rtol=1e-11)
    two = replace(TEACHER, hidden=2)
    u = np.array([deep.strength(2.0, s=s, u0=1e-3, depth=2) for s in two.empirical[:2]])
    aims = np.array(S[:2]) * two.overlaps[:2]
    assert_allclose(two.test_error(2.0), 1 + (u**2 - 2 * u * aims).sum() / power(two), rtol=1e-12)
    assert two.learned.tolist() == [True, True, False, False]


def test_order_of_modes_does_not_matter():
    mixed = replace(TEACHER, singular_values=(1.9, 0.5, 6.0, 3.0), hidden=2)
    assert mixed.learned.tolist() == [False, False, True, True]
    assert_allclose(mixed.test_error([0.5, 3.0]), replace(TEACHER, hidden=2).test_error([0.5, 3.0]), rtol=1e-12)
