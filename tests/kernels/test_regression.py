import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.exact.conftest import build_task
from tests.kernels.conftest import descend, last, product, random_layers

from deeplinear import Task
from deeplinear.exact import ntk
from deeplinear.kernels import regression


def few_examples(seed, n_out):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(3, 6)), rng.normal(size=(3, n_out))
    return x, y, Task.from_data(x, y)


@pytest.mark.parametrize("n_out", [1, 2])
def test_regression_in_the_space_of_examples(n_out):
    x, y, task = few_examples(6, n_out)
    layers = random_layers([6, 4, 5, n_out], np.random.default_rng(7))
    w0 = product(layers)
    for factors in (ntk.factors(layers), ntk.of_map(w0, 3)[1:2]):  # the second has a singular kernel
        for start in (None, w0):
            begun = np.zeros_like(w0) if start is None else w0
            k = ntk.kernel(factors, x)
            dual = np.linalg.pinv(k, rcond=1e-12) @ (y - x @ begun.T).T.ravel()
            cross = sum(np.kron(above, below @ x.T) for above, below in factors)
            want = begun + (cross @ dual).reshape(w0.shape)
            assert_allclose(regression.regression(factors, task, start=start), want, atol=1e-9 * np.abs(want).max())


def test_networks_end_at_regression_with_the_final_or_the_first_kernel():
    x, _, task = few_examples(8, 2)
    fine = random_layers([6, 20, 2], np.random.default_rng(9), 0.01)
    _, _, kept = descend(task, fine, steps=40000, rate=0.004, keep=40000)
    end, final = product([w[-1] for w in kept]), last(ntk.factors(kept))
    assert_allclose(regression.regression(final, task), end, atol=0.02 * np.abs(end).max())
    big = random_layers([6, 400, 2], np.random.default_rng(9), 5.0)
    _, _, kept = descend(task, big, steps=3000, rate=0.001, keep=3000)
    end, w0 = product([w[-1] for w in kept]), product(big)
    assert_allclose(end @ x.T, task.optimum @ x.T, atol=1e-6)
    start = ntk.factors(big)
    lazy = np.linalg.norm(regression.regression(start, task, start=w0) - end) / np.linalg.norm(end - w0)
    assert lazy < 0.05
    blind = np.linalg.norm(regression.regression(start, task) - end) / np.linalg.norm(end - w0)
    assert blind > 0.3


def test_enough_examples_leave_nothing_to_the_kernel():
    task = build_task([2.0, 1.0], 3, 2, rng=np.random.default_rng(2), powers=[1.0, 0.7, 0.3])
    factors = ntk.factors(random_layers([3, 4, 2], np.random.default_rng(3)))
    assert_allclose(regression.regression(factors, task), task.optimum, rtol=1e-9)


WHITE = Task.from_modes([1.0], n_in=2)
SERIES = ntk.factors([np.ones((3, 1, 2)), np.ones((3, 1, 1))])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: regression.regression(SERIES, WHITE),
            r"regression needs one map and factors of one network with 2 inputs",
        ),
        (lambda: regression.regression(last(SERIES), WHITE, start=np.eye(2)), r"regression needs one map"),
        (
            lambda: regression.regression(ntk.of_map(np.ones((60, 60)), 1), Task.from_modes(np.ones(60))),
            r"regression needs at most 3000 entries in a map, got 3600",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
