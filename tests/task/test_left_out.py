"""Inputs that add nothing to the others are named, with the reason, and left out of white tasks only."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear import Task
from deeplinear.task.left_out import listed


@pytest.fixture
def plain():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 3)) + 1.0
    return x, x @ [[1.0], [2.0], [0.0]] + 0.1 * rng.standard_normal((40, 1))


def reasons(task):
    return [(each.column, each.reason) for each in task.left_out]


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_copies_sums_and_constants_in_any_unit(plain, unit):
    x, y = plain
    a, b, c = x.T
    more = np.column_stack([a, np.full(40, 7 * unit), b, unit * a, c, unit * (b - 2 * c), unit * (a + b + c) + unit])
    white, centred, raw = (Task.from_data(more, y, inputs=inputs) for inputs in ("white", "centred", "raw"))
    linear = "a linear function of "
    expected = [(1, "constant"), (3, f"{linear}x[:, 0]"), (5, f"{linear}x[:, 2] and x[:, 4]")]
    assert reasons(white) == reasons(centred) == [*expected, (6, f"{linear}x[:, 0], x[:, 2] and x[:, 4]")]
    assert reasons(raw) == [*expected[1:], (6, f"{linear}4 other inputs")]  # the constant is a bias, and stays
    assert (white.n_in, centred.n_in, raw.n_in) == (3, 7, 7)
    assert (white.input_rank, centred.input_rank, raw.input_rank) == (3, 3, 4)
    simple = Task.from_data(x, y, inputs="white")
    assert_allclose(white.modes.s, simple.modes.s, rtol=1e-12)
    assert_allclose([white.floor, centred.floor], simple.floor, rtol=1e-12)
    assert_allclose(centred.loss(centred.optimum), simple.floor, rtol=1e-12)
    assert_array_equal(centred.optimum[:, 1], 0.0)


def test_the_best_map_is_the_shortest(plain):
    """A copy shares the weight of its original, as descent from zero finds it."""
    x, y = plain
    one, two = (Task.from_data(each, y, inputs="centred") for each in (x, np.column_stack([x, x[:, 0]])))
    assert_allclose(two.optimum[0, [0, 3]], one.optimum[0, 0] / 2, rtol=CLOSED_FORM)
    assert_allclose(two.optimum[0, 1:3], one.optimum[0, 1:], rtol=1e-11)
    z = two.whitening()
    assert_allclose(z[:, 0], z[:, 3], rtol=0, atol=1e-12 * np.abs(z).max())
    assert_array_equal(two.input_modes[0] == 0, [False, False, False, True])


def test_nothing_is_left_out_of_independent_inputs(plain):
    assert Task.from_data(*plain, inputs="white").left_out == ()
    x = plain[0]
    nearly = np.column_stack([x, x[:, 0] + 1e-7 * x[:, 1] ** 2])
    for inputs, rank in (("raw", 4), ("centred", 4), ("white", 4)):
        task = Task.from_data(nearly, plain[1], inputs=inputs)
        assert (task.input_rank, task.left_out) == (rank, ())


def test_single_precision_has_its_own_rounding(plain):
    """The sum of two columns is dependent to the rounding of the numbers given, 1e-7 here."""
    x = plain[0].astype(np.float32)
    more = np.column_stack([x, x[:, 0] + x[:, 1]])
    assert more.dtype == np.float32
    assert reasons(Task.from_data(more, plain[1], inputs="white")) == [(3, "a linear function of x[:, 0] and x[:, 1]")]
    assert Task.from_data(more.astype(float), plain[1], inputs="white").n_in == 4


def test_fewer_examples_than_inputs():
    """Any n − 1 centred inputs fill what n examples span; the first of them stay."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((20, 60)), rng.standard_normal(20)
    task = Task.from_data(x, y, inputs="white")
    assert task.n_in == 60 - len(task.left_out) == 19
    assert {each.reason for each in task.left_out} == {"a linear function of 19 other inputs"}
    assert task.left_out[-1].column == 59


def test_names_and_words(plain):
    x, y = plain
    more = np.column_stack([x, x[:, :1], np.ones((40, 3))])
    names = ["age", "height", "weight", "years", "one", "eins", "un"]
    task = Task.from_data(more, y, inputs="white", feature_names=names)
    assert [each.name for each in task.left_out] == names[3:]
    assert str(task.left_out[0]) == "years (a linear function of age)"
    assert repr(task) == (
        "Task(3 inputs, 1 output, 40 examples, rank 1, left out: years (a linear function of age), one (constant), eins "
        "(constant) and 1 more)"
    )
    assert repr(Task.from_modes([2.0])) == "Task(1 input, 1 output, 1 example, rank 1)"
    assert listed(task.left_out[:2]) == "years (a linear function of age), one (constant)"
    assert task.whitened().left_out == task.left_out
    with pytest.raises(
        ValueError, match=r"^Task\.from_data needs one name for each column of x, got 2 feature_names for 3"
    ):
        Task.from_data(x, y, feature_names=["a", "b"])


def test_many_inputs_in_blocks():
    """Copies among 150 inputs are found beside each other and far apart."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((300, 150))
    x[:, 70] = 2 * x[:, 3] - x[:, 69]
    x[:, 149] = x[:, 64]
    task = Task.from_data(x, x[:, 0], inputs="white")
    expected = [(70, "a linear function of x[:, 3] and x[:, 69]"), (149, "a linear function of x[:, 64]")]
    assert reasons(task) == expected
