import numpy as np
import pytest
from numpy.testing import assert_allclose

import deeplinear as dl


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_conserves_imbalance_and_matches_the_reduced_flow(task, depth):
    sizes = [task.n_in, *[30] * (depth - 1), task.n_out]
    weights = dl.initial.orthogonal(sizes, gain=0.8, rng=0)
    times = np.linspace(0, 2, 5)
    full, small = dl.flow(task, weights, times, reduce=False), dl.flow(task, weights, times)
    assert_allclose(small.loss, full.loss, rtol=1e-8)
    assert_allclose(small.maps, full.maps, rtol=0, atol=1e-8)
    assert (np.diff(full.loss) < 0).all()


def test_time_constant_scales_time(task):
    weights = dl.initial.orthogonal([task.n_in, 8, task.n_out], rng=0)
    assert_allclose(
        dl.flow(task, weights, [0.0, 3.0], tau=3.0).loss, dl.flow(task, weights, [0.0, 1.0]).loss, rtol=1e-8
    )


@pytest.mark.parametrize("times", [[], [1.0, 0.5], [-1.0, 1.0], [0.0, float("inf")]])
def test_refuses_bad_times(task, times):
    with pytest.raises(ValueError, match="ascending times"):
        dl.flow(task, dl.initial.orthogonal([task.n_in, task.n_out], rng=0), times)


def test_refuses_bad_time_constant(task):
    with pytest.raises(ValueError, match="needs tau > 0"):
        dl.flow(task, dl.initial.orthogonal([task.n_in, task.n_out], rng=0), [0.0, 1.0], tau=0.0)
