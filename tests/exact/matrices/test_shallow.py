import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.exact.conftest import matrix_flow

from deeplinear import Task
from deeplinear.exact import shallow


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(3)
    x, mix = rng.normal(size=(40, 6)), rng.normal(size=(6, 6))
    x = x @ mix
    x[:, 5] = x[:, 4]  # one direction that never occurs
    return Task.from_data(x, rng.normal(size=(40, 3)), reduction="mean")


def test_any_task_any_start_against_the_matrix_flow(task):
    start = np.random.default_rng(4).normal(size=(3, 6))
    times = np.linspace(0, 5, 12)
    want = matrix_flow(task, (start,), times, tau=1.7)
    got = shallow.maps(times, task=task, start=start, tau=1.7)
    assert_allclose(got, want, rtol=0, atol=1e-10)
    how = {"task": task, "start": start, "tau": 1.7}
    assert_allclose(shallow.loss(times, **how), task.loss(want), rtol=1e-10)
    assert_allclose(shallow.strengths(times, **how), task.strengths(want), atol=1e-10)


def test_ends_at_the_optimum_where_inputs_occur(task):
    start = np.random.default_rng(4).normal(size=(3, 6))
    how = {"task": task, "start": start}
    assert_allclose(shallow.maps([0.0], **how)[0], start, atol=CLOSED_FORM)
    end = shallow.maps([1e8], **how)[0]
    powers, vectors = task.input_modes
    occur = vectors[:, powers > 1e-8 * powers[0]]
    assert occur.shape[1] == 5
    assert_allclose(end @ occur, task.optimum @ occur, atol=1e-8)
    silent = vectors[:, -1]
    assert_allclose(end @ silent, start @ silent, atol=1e-5)  # its power is round-off, not zero
    assert_allclose(shallow.loss([1e8], **how), task.floor, rtol=CLOSED_FORM)


def test_white_inputs_move_all_modes_together():
    task, t = Task.from_modes([3.0, 1.0]), np.linspace(0, 4, 9)
    b = shallow.strengths(t, task=task, start=np.diag([0.5, -0.2]), tau=2.0)
    assert_allclose(b, [3.0, 1.0] + np.array([-2.5, -1.2]) * np.exp(-t[:, None] / 2), rtol=CLOSED_FORM)


def test_bad_input(task):
    with pytest.raises(ValueError, match=r"maps needs t >= 0, got t=-1.0"):
        shallow.maps([-1.0], task=task, start=np.zeros((3, 6)))
    with pytest.raises(ValueError, match=r"maps needs a finite start, got start=nan"):
        shallow.maps([1.0], task=task, start=np.full((3, 6), np.nan))
