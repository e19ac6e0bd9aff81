"""Units must not matter: a column of inputs or targets multiplied by a number changes nothing that should not change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear import Task
from deeplinear.curvature.rates import task_sharpness

EXAMPLES = 40
INPUTS = ("raw", "centred", "white")
UNITS = 1e-10  # other units round otherwise, times the condition number of the columns, which is below 1e4
SQUARED = 1e-9  # where correlations are all that is known: times the square of that number (worst of 1500 draws 7e-11)
ROUNDING = 1e-20  # of the power: a floor that is a sum of squared roundings, not a difference of sums


def correlated(seed=3):
    """Four correlated inputs with means beyond their spread, and two targets that are not quite linear in them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((EXAMPLES, 4)) @ rng.standard_normal((4, 4)) + [3.0, -2.0, 0.0, 7.0]
    return x, x @ rng.standard_normal((4, 2)) + rng.standard_normal((EXAMPLES, 2))


def breast_cancer():
    from sklearn.datasets import load_breast_cancer

    x, label = load_breast_cancer(return_X_y=True)
    return np.asarray(x), np.eye(2)[label]


def least_squares(x, y):
    """The best map, by SVD of columns of length one."""
    size = np.linalg.norm(x, axis=0)
    return np.linalg.lstsq(x / size, y, rcond=None)[0].T / size


def assert_same_task(data, x, y):
    """White, centred and raw tasks of the same examples with inputs in other units."""
    for inputs in INPUTS:
        before, after = Task.from_data(*data, inputs=inputs), Task.from_data(x, y, inputs=inputs)
        assert (after.n_in, after.input_rank, after.left_out) == (before.n_in, before.input_rank, before.left_out)
        assert_allclose(after.floor, before.floor, rtol=UNITS)
        assert_allclose(after.loss(after.optimum), after.floor, rtol=CLOSED_FORM)
        white_before, white_after = (task if inputs == "white" else task.whitened() for task in (before, after))
        assert white_after.rank == white_before.rank
        assert_allclose(white_after.modes.s, white_before.modes.s, rtol=UNITS, atol=UNITS * white_before.modes.s[0])
        assert_allclose(white_after.targets, white_before.targets, rtol=UNITS)
        assert_allclose(white_after.floor, before.floor, rtol=UNITS)
        if inputs != "white":
            seen = x - x.mean(axis=0) if inputs == "centred" else x
            assert_allclose(after.loss(least_squares(seen, y)), after.floor, rtol=UNITS)
            known = {"output_power": after.output_power, "examples": after.examples}
            again = Task.from_correlations(after.input_correlation, after.input_output_correlation, **known)
            assert (again.input_rank, again.whitened().n_in) == (before.input_rank, before.input_rank)
            # a difference of sums, known to their rounding
            assert_allclose(again.floor, before.floor, rtol=0, atol=UNITS * before.output_power)
            assert_allclose(again.whitened().modes.s, white_before.modes.s, rtol=SQUARED)


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("k", range(-8, 9))
def test_one_input_in_any_unit(column, k):
    x, y = correlated()
    scaled = x.copy()
    scaled[:, column] *= 10.0**k
    assert_same_task((x, y), scaled, y)
    for inputs in INPUTS:
        assert Task.from_data(scaled, y, inputs=inputs).rank == 2
    factors = np.where(np.arange(4) == column, 10.0**k, 1.0)
    assert_allclose(Task.from_data(scaled, y).optimum * factors, Task.from_data(x, y).optimum, rtol=0, atol=UNITS)


@settings(deadline=None, max_examples=40)
@given(st.tuples(*[st.integers(-8, 8)] * 4), st.integers(0, 2**31))
def test_all_inputs_in_any_units(ks, seed):
    x, y = correlated(seed)
    assert_same_task((x, y), x * 10.0 ** np.array(ks, dtype=float), y)


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("k", range(-8, 9))
def test_one_target_in_any_unit(inputs, k):
    """Its row of the best map and its part of the floor are in that unit; what there is to learn is the same."""
    x, y = correlated()
    scaled = y * [1.0, 10.0**k]
    one, two = Task.from_data(x, y, inputs=inputs), Task.from_data(x, scaled, inputs=inputs)
    assert (two.rank, two.n_in, two.input_rank) == (2, 4, 4)
    assert_allclose(two.optimum / [[1.0], [10.0**k]], one.optimum, rtol=0, atol=UNITS)
    parts = [Task.from_data(x, scaled[:, i], inputs=inputs).floor for i in range(2)]
    assert_allclose(two.floor, sum(parts), rtol=CLOSED_FORM)


def test_a_target_in_a_small_unit_keeps_a_weak_direction():
    """Two inputs that differ by a millionth, and a second target of 1e-8 that is their difference."""
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal((2, EXAMPLES))
    x = np.column_stack([a, a + 1e-6 * b])
    for inputs in INPUTS:
        task = Task.from_data(x, np.column_stack([1e3 * rng.standard_normal(EXAMPLES), 1e-8 * b]), inputs=inputs)
        mean = 0.0 if inputs == "raw" else 0.5 * EXAMPLES * (1e-8 * b.mean()) ** 2
        alone = Task.from_data(x, 1e-8 * b, inputs=inputs)
        assert_allclose(alone.floor, mean, rtol=1e-9, atol=1e-9 * alone.output_power)
        if inputs != "white":
            assert_allclose(task.optimum[1], [-1e-2, 1e-2], rtol=1e-5)


def test_breast_cancer():
    """Thirty inputs from .0009 to 4254; numbers from least squares and SVD on scaled columns."""
    x, y = breast_cancer()
    white, raw, centred = (Task.from_data(x, y, inputs=inputs) for inputs in ("white", "raw", "centred"))
    assert (white.n_in, white.rank, white.left_out) == (30, 1, ())
    assert_allclose(white.modes.s[0], 342.3565, rtol=0, atol=5e-5)
    assert_allclose([white.floor, centred.floor], 181.5053, rtol=0, atol=5e-5)
    assert_allclose(raw.floor, 32.0307, rtol=0, atol=5e-5)
    assert_allclose(1 / task_sharpness(white, 2), 0.001460, rtol=0, atol=5e-7)
    best = least_squares(x, y)
    assert_allclose(raw.loss(best), 0.5 * np.square(y - x @ best.T).sum(), rtol=UNITS)
    assert_allclose(raw.loss(best), raw.floor, rtol=UNITS)
    assert_allclose(centred.loss(least_squares(x - x.mean(axis=0), y)), centred.floor, rtol=UNITS)


@pytest.mark.parametrize("factor", [1.0, 1e5, 1e7, 1e-7])
def test_four_normal_columns_one_of_them_large(factor):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 4)) * [1.0, 1.0, factor, 1.0]
    y = x @ [[1.0, 2.0], [0.5, -1.0], [0.3, 0.2], [2.0, 1.0]]
    white, raw = Task.from_data(x, y, inputs="white"), Task.from_data(x, y)
    assert white.n_in == raw.input_rank == 4
    assert 0 <= raw.floor < ROUNDING * raw.output_power
    assert_allclose(raw.optimum.T, [[1.0, 2.0], [0.5, -1.0], [0.3, 0.2], [2.0, 1.0]], rtol=1e-7)  # 1e-16 of the largest


def test_income_rooms_and_year_are_three_inputs():
    rng = np.random.default_rng(1)
    x = np.column_stack(
        [rng.normal(6e4, 2e4, 40).round(), rng.normal(3, 0.8, 40).round(2), rng.integers(1950, 2005, 40)]
    )
    price = 2.5 * x[:, 0] + 4e4 * x[:, 1] + 900 * (x[:, 2] - 1950)
    task = Task.from_data(x, price, inputs="white")
    assert (task.n_in, task.left_out) == (3, ())
    assert_allclose(task.floor, 0.5 * 40 * price.mean() ** 2, rtol=CLOSED_FORM)  # only the mean is left


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("integer", [True, False])
def test_nanoseconds_do_not_swallow_a_column(inputs, integer):
    """A day in nanoseconds since 1970, beside a normal column: whitened as its seconds would be."""
    rng = np.random.default_rng(2)
    seconds, normal = np.arange(EXAMPLES) * 2160, rng.standard_normal(EXAMPLES)
    time = 1_700_000_000_000_000_000 + seconds * 1_000_000_000
    y = np.column_stack([normal, np.sin(seconds) + normal])
    x = [time, (normal * 1e6).round().astype(np.int64)] if integer else [time.astype(float), normal]
    task, plain = (Task.from_data(np.column_stack(c), y, inputs=inputs) for c in (x, [seconds, x[1]]))
    assert task.input_rank == 2
    assert_allclose(task.loss(task.optimum), task.floor, rtol=CLOSED_FORM)
    if inputs != "raw":  # raw, a time since 1970 is a constant as well
        assert_allclose(task.floor, plain.floor, rtol=1e-9)  # 256 ns, what float64 keeps of the time, is 1e-11 of a day
        assert_allclose(task.whitened().modes.s, plain.whitened().modes.s, rtol=1e-9)


def test_an_identifier_of_sixteen_digits_makes_no_column_constant():
    rng = np.random.default_rng(3)
    x = np.column_stack([1234567890123456.0 + np.arange(EXAMPLES), rng.standard_normal(EXAMPLES)])
    task = Task.from_data(x, x[:, 1], inputs="white")
    assert (task.n_in, task.rank, task.left_out) == (2, 1, ())
    alone = Task.from_data(x[:, 1:], x[:, 1], inputs="white")
    assert_allclose(task.floor, alone.floor, rtol=CLOSED_FORM)
    small = np.column_stack([x[:, 0], 1e-3 * x[:, 1]])
    assert Task.from_data(small, x[:, 1], inputs="centred").input_rank == 2


EVEN = {
    "constant": lambda t: np.full_like(t, 5.0),
    "constant, not of binary digits": lambda t: np.full_like(t, 0.1),
    "parabola": lambda t: t**2,
    "cosine": np.cos,
}


@pytest.mark.parametrize("target", EVEN)
@pytest.mark.parametrize("examples", [41, 1001, 100_001])
@pytest.mark.parametrize("power", [1, 3])
def test_rounding_is_no_mode(target, examples, power):
    """Odd inputs say nothing linear about an even target; sums of hundred thousand terms round more than ones of forty."""
    t = np.linspace(-1, 1, examples)
    x = np.column_stack([t**p for p in range(1, 2 * power, 2)])
    y = EVEN[target](t)
    for inputs, unit in (("white", 1.0), ("centred", 1.0), ("white", 1e6), ("centred", 1e-6)):
        task = Task.from_data(x * unit, y, inputs=inputs)
        assert task.rank == 0
        assert_array_equal(task.targets, 0.0)
        assert_allclose(task.floor, task.output_power / 2, rtol=CLOSED_FORM)
    assert Task.from_data(x, np.column_stack([y, t]), inputs="white").rank == 1


def test_rounding_is_no_mode_along_a_weak_direction():
    """An even target and two odd inputs that differ by 1e-7: rounding is 1e7 times larger along their difference."""
    t = np.linspace(-1, 1, 1001)
    x = np.column_stack([t, t + 1e-7 * t**3])
    for inputs in ("white", "centred"):
        task = Task.from_data(x, t**2 + 1e-3, inputs=inputs)
        assert (task.input_rank, task.rank) == (2, 0)
        assert_array_equal(task.optimum, 0.0)


def test_exclusive_or_is_no_mode():
    x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    task = Task.from_data(x, [0, 1, 1, 0], inputs="white")
    assert (task.n_in, task.rank) == (2, 0)
