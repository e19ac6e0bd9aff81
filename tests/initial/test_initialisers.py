"""What every start promises: shapes, reproducibility, per-layer scales, and one clear line for bad input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear import Task, initial
from deeplinear import weights as reading

WIDTHS = (5, 8, 8, 3, 6)


def task_for(widths):
    """Any task that fits: singular values 1, 2, …"""
    k = min(widths[0], widths[-1])
    return Task.from_modes(np.arange(1.0, k + 1), n_in=widths[0], n_out=widths[-1])


def decoupled(widths, **options):
    return initial.decoupled(task_for(widths), widths, **options)


STARTS = initial.INITIALISERS | {"decoupled": decoupled}
SCALES = [("orthogonal", "gain"), ("gaussian", "scale"), ("gaussian", "std"), ("glorot", "scale")]
every = pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)


@every
def test_shapes_and_type(start):
    weights = start(WIDTHS, rng=0)
    assert isinstance(weights, tuple)
    assert [w.shape for w in weights] == [(n, m) for m, n in itertools.pairwise(WIDTHS)]
    assert all(w.dtype == np.float64 and np.isfinite(w).all() for w in weights)
    assert reading.widths(reading.checked(weights, task_for(WIDTHS))) == WIDTHS


@every
def test_the_same_seed_gives_the_same_weights(start):
    one, two, three = start(WIDTHS, rng=3), start(list(WIDTHS), rng=np.random.default_rng(3)), start(WIDTHS, rng=4)
    for a, b, c in zip(one, two, three, strict=True):
        assert_array_equal(a, b)
        assert not np.allclose(a, c)


@every
def test_a_generator_moves_on_and_the_global_one_does_not(start):
    rng, before = np.random.default_rng(0), np.random.get_state()[1].copy()  # noqa: NPY002
    one, two = start(WIDTHS, rng=rng), start(WIDTHS, rng=rng)
    assert not np.allclose(one[1], two[1])
    assert not np.allclose(start(WIDTHS)[1], start(WIDTHS)[1])
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@every
def test_layers_are_not_copies_of_each_other(start):
    w = start((6, 6, 6, 6, 6), rng=0)
    assert not np.allclose(w[1], w[2])


@pytest.mark.parametrize(("name", "scale"), SCALES)
def test_scales_multiply_layer_by_layer(name, scale):
    start = STARTS[name]
    one, each = start(WIDTHS, rng=0, **{scale: 1.0}), start(WIDTHS, rng=0, **{scale: [2.0, 3.0, 0.5, 7.0]})
    for factor, a, b in zip([2.0, 3.0, 0.5, 7.0], one, each, strict=True):
        assert_allclose(b, factor * a, rtol=1e-15)


@every
@pytest.mark.parametrize(
    "widths", [(), (3,), (3, 0), (3, -1, 2), (3, 2.5, 2), (3, "4", 2), (3, np.nan, 2), (3, None), "abc", 5, None]
)
def test_bad_widths_are_refused(start, widths):
    if start is decoupled:
        start = lambda widths, **options: initial.decoupled(Task.from_modes([1.0]), widths, **options)  # noqa: E731
    with pytest.raises(ValueError, match=r"^\w+ needs .* widths >= 1, got widths=.*: they run .*\. Pass .*\[784"):
        start(widths, rng=0)


@pytest.mark.parametrize(("name", "scale"), [*SCALES, ("decoupled", "strength")])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, [1.0, 2.0], [1.0, 1.0, 0.0], "big", [[1.0] * 3]])
def test_bad_scales_are_refused(name, scale, value):
    with pytest.raises(ValueError, match=rf"^{name} needs {scale} > 0, .* of 3 \w+, got {scale}=.*: zero never learns"):
        STARTS[name]((4, 3, 5, 6), rng=0, **{scale: value})


@settings(deadline=None, max_examples=40)
@given(name=st.sampled_from(sorted(STARTS)), widths=st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_any_widths_make_a_network(name, widths):
    assert reading.widths(reading.checked(STARTS[name](widths, rng=0))) == tuple(widths)
