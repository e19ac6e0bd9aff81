"""What every start promises: shapes, reproducibility, scales, its listed facts, and one clear line for bad input.

A start is tested by being listed in `deeplinear.initial.STARTS`; `tests.initial.starts` calls them all alike.
"""

import itertools
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import DIFFERENT
from tests.initial.starts import SQUARE, STARTS, drawn, layers, task_for, widths_for

from deeplinear import Task, initial
from deeplinear import weights as reading

BALANCED = 1e-14  # relative: what rounding leaves of exact balance
UNBALANCED = 1e-4
RANDOM = [name for name in STARTS if STARTS[name].random]
NETWORKS = [name for name in STARTS if STARTS[name].returns != "kernel"]
WEIGHTS = [name for name in STARTS if STARTS[name].returns == "weights"]
SCALES = [(name, facts.scale) for name, facts in STARTS.items() if facts.counted == "layers" and facts.scale]
SCALES += [("gaussian", "std")]
SIZED = [(name, facts.scale) for name, facts in STARTS.items() if facts.scale] + [("gaussian", "std")]
every = pytest.mark.parametrize("name", STARTS)


def test_all_public_starts_are_listed_and_nothing_else():
    public = {name for name in initial.__all__ if callable(getattr(initial, name))}
    assert public == set(STARTS)
    assert all(STARTS[name].start is getattr(initial, name) for name in STARTS)


@every
def test_facts_can_be_told(name):
    record = STARTS[name].record()
    assert json.loads(json.dumps(record)) == record
    assert 20 < len(record["line"]) <= 120
    assert "`" not in record["line"]
    assert re.search(r"\b(19|20)\d\d\b", record["source"])


def test_listing_starts_does_not_load_jax():
    code = "import sys, deeplinear.initial; print('jax' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize("name", WEIGHTS)
def test_shapes_and_type(name):
    widths = widths_for(name)
    weights = drawn(name, widths)
    assert isinstance(weights, tuple)
    assert [w.shape for w in weights] == [(n, m) for m, n in itertools.pairwise(widths)]
    assert all(w.dtype == np.float64 and np.isfinite(w).all() for w in weights)
    assert reading.widths(reading.checked(weights, task_for(widths))) == widths


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_weights(name):
    widths = widths_for(name)
    one, two, three = (
        layers(name, w, rng) for w, rng in ((widths, 3), (list(widths), np.random.default_rng(3)), (widths, 4))
    )
    for a, b in zip(one, two, strict=True):
        assert_array_equal(a, b)
    assert any(not np.allclose(a, c, rtol=DIFFERENT) for a, c in zip(one, three, strict=True))
    if STARTS[name].returns != "reduction":  # whose hidden layers are gI, whatever is drawn
        assert all(not np.allclose(a, c, rtol=DIFFERENT) for a, c in zip(one, three, strict=True))


@pytest.mark.parametrize("name", RANDOM)
def test_a_generator_moves_on_and_the_global_one_does_not(name):
    rng, before = np.random.default_rng(0), np.random.get_state()[1].copy()  # noqa: NPY002
    widths = widths_for(name)
    for one, two in (
        (layers(name, widths, rng), layers(name, widths, rng)),
        (layers(name, widths, None), layers(name, widths, None)),
    ):
        assert any(not np.allclose(a, b, rtol=DIFFERENT) for a, b in zip(one, two, strict=True))
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("name", [name for name in RANDOM if STARTS[name].returns != "reduction"])
def test_layers_are_not_copies_of_each_other(name):
    w = layers(name, widths_for(name, SQUARE))
    assert all(not np.allclose(a, b, rtol=DIFFERENT) for a, b in itertools.pairwise(w))


@pytest.mark.parametrize(("name", "scale"), SCALES)
def test_scales_multiply_layer_by_layer(name, scale):
    widths = widths_for(name)
    factors = [2.0, 3.0, 0.5, 7.0][: len(widths) - 1]
    one, each = drawn(name, widths, **{scale: 1.0}), drawn(name, widths, **{scale: factors})
    for factor, a, b in zip(factors, one, each, strict=True):
        assert_allclose(b, factor * a, rtol=1e-15)


@pytest.mark.parametrize("name", [name for name, facts in STARTS.items() if facts.counted == "modes"])
def test_strengths_are_those_of_the_end_to_end_map(name):
    widths = widths_for(name)
    k = min(widths)
    strength = np.geomspace(0.7, 0.01, k)
    network = drawn(name, widths, strength=strength)
    small = network if STARTS[name].returns == "weights" else network.weights
    assert_allclose(np.linalg.svd(reading.end_to_end(small), compute_uv=False)[:k], strength, rtol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    "widths", [(), (3,), (3, 0), (3, -1, 2), (3, 2.5, 2), (3, "4", 2), (3, np.nan, 2), (3, None), "abc", 5, None]
)
def test_bad_widths_are_refused(name, widths):
    options = {"imbalance": 0.0} if name == "lambda_balanced" else {}
    with pytest.raises(ValueError, match=rf"^{name} needs .* widths >= 1, got widths=.*: they run .*\. Pass .*\[784"):
        drawn(name, widths, task=Task.from_modes([1.0]), x=np.eye(3), **options)


@pytest.mark.parametrize("name", [name for name in NETWORKS if STARTS[name].first == "task"])
def test_a_task_of_other_widths_is_refused(name):
    with pytest.raises(ValueError, match=rf"^{name} needs widths from 5 to 6, got widths=.*Whitening changes"):
        drawn(name, (5, 9, 9, 7), task=task_for((5, 6)))


@pytest.mark.parametrize(("name", "scale"), SIZED)
@pytest.mark.parametrize(
    "value", [0.0, -1.0, np.nan, np.inf, [1.0, 2.0], [1.0, 1.0, 1.0, 1.0, 0.0], "big", [[1.0] * 4]]
)
def test_bad_scales_are_refused(name, scale, value):
    widths = widths_for(name, (4, 7, 5, 5, 6))
    options = {"imbalance": 0.0} if name == "lambda_balanced" else {}
    with pytest.raises(
        ValueError,
        match=rf"^{name} needs {scale} > 0, one .* {STARTS[name].counted}, got {scale}=.*: (zero never|it holds text)",
    ):
        layers(name, widths, **{scale: value}, **options)


@settings(deadline=None, max_examples=120)
@given(name=st.sampled_from(sorted(STARTS)), widths=st.lists(st.integers(1, 9), min_size=3, max_size=6))
def test_any_widths_make_a_network(name, widths):
    if STARTS[name].layers is not None or STARTS[name].returns == "reduction":
        widths = widths_for(name, widths)
    elif len(widths) == 3:
        widths = widths[:2]
    found = (
        layers(name, widths, task=task_for(widths), x=None) if STARTS[name].first == "task" else layers(name, widths)
    )
    assert all(np.isfinite(w).all() for w in found)
    if STARTS[name].returns == "reduction":
        assert drawn(name, widths).widths == tuple(widths)
        reading.checked(found)
    else:
        assert reading.widths(reading.checked(found)) == tuple(widths)


def claimed(name, widths):
    """Layers whose modes, where they can be chosen, differ, so that nothing holds by accident."""
    widths = widths_for(name, widths)
    options = {"strength": np.geomspace(0.7, 0.1, min(widths))} if STARTS[name].counted == "modes" else {}
    return layers(name, widths, **options)


@every
@pytest.mark.parametrize("widths", [(5, 4, 8, 4, 6), SQUARE])
def test_balanced_as_far_as_claimed(name, widths):
    """``W_{l+1}ᵀ W_{l+1} = W_l W_lᵀ``, or really not."""
    found = claimed(name, widths)
    size = max(np.linalg.norm(w) for w in found) ** 2
    worst = max(np.linalg.norm(conserved) for conserved in reading.imbalance(found)) / size
    holds = {"always": True, "never": False, "square": widths == SQUARE}[STARTS[name].balanced]
    assert (worst <= BALANCED) if holds else (worst > UNBALANCED)


@every
def test_isometric_where_claimed(name):
    spread = 0.0
    for w in claimed(name, (5, 4, 8, 4, 6)):
        s = np.linalg.svd(w, compute_uv=False)
        spread = max(spread, s[0] / max(s[-1], 1e-300) - 1)
    assert (spread < 1e-13) if STARTS[name].isometric else (spread > 1e-3)
