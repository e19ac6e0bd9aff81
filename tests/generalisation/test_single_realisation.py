import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import INTEGRATOR
from tests.exact.conftest import build_weights, matrix_flow

from deeplinear import Task
from deeplinear.generalisation.noisy_teacher import NoisyTeacher
from deeplinear.generalisation.single_realisation import Realised

TEACHER = NoisyTeacher((4.0, 2.0), n_in=9, n_out=6, u0=0.01, tau=1.5, depth=3)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("hidden", [None, 4])
def test_against_matrix_flow(depth, hidden):
    """All the matrices of a network that starts in the singular vectors of one noisy task."""
    if depth == 1 and hidden:
        return
    one = NoisyTeacher((4.0, 2.0), n_in=9, n_out=6, u0=0.01, tau=1.5, depth=depth, hidden=hidden).sample(3)
    rng, width, times = np.random.default_rng(2), hidden or 6, np.array([0.0, 0.5, 1.5, 4.0, 12.0])
    layers = np.full((depth, width), 0.01 ** (1 / depth))
    weights = build_weights(one.task, [width] * (depth - 1), layers, rng=rng)
    maps, noisy = matrix_flow(one.task, weights, times, tau=1.5), one.task.input_output_correlation
    test = ((maps - one.teacher) ** 2).sum(axis=(1, 2)) / (one.teacher**2).sum()
    train = ((maps - noisy) ** 2).sum(axis=(1, 2)) / (noisy**2).sum()
    assert_allclose(one.test_error(times), test, rtol=INTEGRATOR)
    assert_allclose(one.train_error(times), train, rtol=INTEGRATOR)


def test_best_time_of_one_task():
    one = NoisyTeacher((6.0, 3.0, 1.9), n_in=100, n_out=60, u0=1e-4).sample(0)
    best = one.optimal_stopping_time()
    times = np.concatenate([[0.0, np.inf], np.geomspace(1e-2, 1e4, 2000)])
    assert one.test_error(best) <= one.test_error(times).min() + 1e-12
    assert_allclose(one.overtraining(), one.test_error(np.inf) - one.test_error(best), rtol=1e-12)


def test_sample():
    one, again, other = TEACHER.sample(5), TEACHER.sample(np.random.default_rng(5)), TEACHER.sample(6)
    assert (one.teacher == again.teacher).all()
    assert (one.task.input_output_correlation == again.task.input_output_correlation).all()
    assert np.abs(one.teacher - other.teacher).max() > 0.1
    assert_allclose(np.linalg.svd(one.teacher, compute_uv=False)[:3], [4, 2, 0], atol=1e-12)
    assert one.student == TEACHER.student
    assert one.task.anisotropy == 0
    large = NoisyTeacher((1.0,), n_in=400, n_out=200, sigma=2.0).sample(1)
    noise = large.task.input_output_correlation - large.teacher
    assert_allclose(noise.var(), 4 / 400, rtol=5 * np.sqrt(2 / noise.size))
    assert abs(noise.mean()) < 5 * np.sqrt(4 / 400 / noise.size)


@pytest.mark.parametrize(
    ("task", "teacher", "message"),
    [
        (
            Task.from_correlations(np.diag([1.0, 2.0]), np.eye(2)),
            np.eye(2),
            r"Realised needs white inputs, got a task w",
        ),
        (Task.from_modes([1.0, 2.0]), np.eye(3), r"Realised needs a finite teacher, not zero, of shape \(2, 2\), got"),
        (Task.from_modes([1.0, 2.0]), np.zeros((2, 2)), r"Realised needs a finite teacher, not zero"),
        (Task.from_modes([1.0, 2.0]), np.full((2, 2), np.nan), r"Realised needs a finite teacher"),
    ],
)
def test_bad_input(task, teacher, message):
    with pytest.raises(ValueError, match=message):
        Realised(task, teacher)


def test_bad_student():
    with pytest.raises(ValueError, match=r"Student needs u0 > 0, got u0=-1.0"):
        Realised(Task.from_modes([1.0]), np.eye(1), u0=-1.0)
