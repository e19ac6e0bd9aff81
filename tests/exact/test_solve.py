"""How a law is chosen, asked for by name, or refused."""

import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.exact.conftest import balanced_weights, build_task, build_weights, frame, matrix_flow
from tests.exact.extrapolation import flows, products

from deeplinear import Network, Task, solve
from deeplinear.exact import expected_error, residuals, sigmoid

S = [3.0, 1.2, 0.6]


def test_aligned_laws_at_equal_powers_are_the_white_ones():
    rng = np.random.default_rng(5)
    task = build_task(S, 6, 5, rng=rng, powers=[0.4] * 6)
    for layers in ([[0.2] * 3] * 2, [[0.2] * 3, [0.5] * 3], [[0.6] * 3] * 4, [[0.6] * 3, [0.5] * 3, [0.7] * 3]):
        weights = build_weights(task, [6] * (len(layers) - 1), layers, rng=rng)
        white, aligned = solve(task, weights), solve(task, weights, law="task-aligned")
        assert aligned.name == f"task-aligned {white.name}"
        assert (white([0.0, 3.0]).strengths == aligned([0.0, 3.0]).strengths).all()


def test_the_design_example():
    task = Task.from_modes([3.0, 1.0])
    law = solve(task, (np.eye(2) * 0.1, np.eye(2) * 0.1), tau=2000)
    assert law.name == "two-layer sigmoid (Saxe et al. 2014, eq. 12)"
    assert set(law.conditions) == {"white inputs", "decoupled", "balanced"}
    assert_allclose(law.half_times, 2000 / (2 * task.modes.s) * np.log(task.modes.s / 0.01 - 1), rtol=CLOSED_FORM)


def test_gaussian_weights_are_refused_with_the_reason():
    rng = np.random.default_rng(0)
    task = build_task(S, 6, 5, rng=rng)
    message = (
        r"solve needs λ-balanced to 1e-09, got a residual of .*: the nearest law is 'two-layer matrix Riccati.*"
        r"deeplinear.descend\(task, weights, rate=..., steps=...\) or deeplinear.flow\(task, weights, times\)"
    )
    with pytest.raises(ValueError, match=message):
        solve(task, (rng.normal(size=(4, 6)), rng.normal(size=(5, 4))))


def test_inputs_that_are_not_aligned_are_refused_with_the_score():
    rng = np.random.default_rng(0)
    task = Task.from_data(rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)), rng.normal(size=(40, 5)))
    weights = build_weights(task, [5, 5], [[0.3] * 5, [0.4] * 5, [0.3] * 5], rng=rng)
    wrong = f"{expected_error(task):.2g}"
    with pytest.raises(
        ValueError,
        match=rf"aligned inputs to 1e-09.*score.*{task.diagonality:.3g};.*up to {wrong} of.*task.whitened\(\)",
    ):
        solve(task, weights)
    found = residuals(task, weights)
    assert found["aligned inputs"] > 0.01
    assert found["decoupled"] < 1e-9
    assert found["balanced"] > 0.1


def test_a_law_asked_for_by_name():
    task, weights = Task.from_modes([2.0, 1.0]), (np.diag([0.1, 0.1]), np.diag([0.1, 0.3]))
    assert "hyperbolic" in solve(task, weights, law="Hyperbolic").name
    with pytest.raises(
        ValueError, match=r"solve needs balanced to 1e-09, got a residual of 0.889.*the law asked for is"
    ):
        solve(task, weights, law="two-layer sigmoid")
    with pytest.raises(
        ValueError, match=r"part of the name of a law for 2 layers, got law='kepler'.*Pick from: two-lay"
    ):
        solve(task, weights, law="kepler")
    equal = (np.diag([0.1, 0.2]),) * 2
    times = np.linspace(0, 5, 7)
    general = solve(task, equal, law="hyperbolic")(times)
    assert_allclose(general.strengths, solve(task, equal)(times).strengths, rtol=CLOSED_FORM)


def test_bad_input():
    task = Task.from_modes([1.0])
    with pytest.raises(ValueError, match=r"solve needs a finite tau > 0, got tau=-1.0"):
        solve(task, ([[0.1]], [[0.1]]), tau=-1.0)
    with pytest.raises(ValueError, match=r"weights need to map the task's 1 inputs"):
        solve(task, (np.eye(2), np.eye(2)))
    with pytest.raises(ValueError, match=r"weights need finite numbers"):
        solve(task, ([[np.nan]], [[0.1]]))
    with pytest.raises(ValueError, match=r"got a bare Network: .* Pass its \.weights"):
        solve(task, Network(([[0.1]],)))  # pyright: ignore[reportArgumentType]


@settings(max_examples=40, deadline=None)
@given(
    n_in=st.integers(1, 6),
    n_out=st.integers(1, 6),
    hidden=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_any_shape_of_decoupled_network_has_a_law(n_in, n_out, hidden, seed):
    rng = np.random.default_rng(seed)
    k = min(n_in, n_out)
    task = build_task(np.sort(rng.uniform(0.5, 3, k))[::-1], n_in, n_out, rng=rng)
    room = min(k, *hidden)
    weights = build_weights(task, hidden, np.full((len(hidden) + 1, room), 0.5), rng=rng)
    law = solve(task, weights)
    curve = law([0.0, 2.0, 1e4])
    assert curve.strengths.shape == (3, k)
    assert_allclose(curve.strengths[-1, :room], task.targets[:room], rtol=1e-9)
    assert_allclose(curve.loss, task.loss(curve.maps), rtol=1e-9, atol=1e-14)


def test_a_mode_that_cannot_move_still_needs_aligned_inputs():
    rng = np.random.default_rng(8)
    v = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    block = np.array([[2.0, 0, 0, 0], [0, 1.0, 0.3, 0], [0, 0.3, 1.5, 0], [0, 0, 0, 1.0]])
    s31 = np.diag([3.0, 1.0, 0.0])[:, :3] @ v[:, :3].T
    task = Task.from_correlations(v @ block @ v.T, s31)
    weights = build_weights(task, [5], [[0.3], [0.4]], rng=rng)  # only the first mode, which is aligned, has weights
    with pytest.raises(ValueError, match=r"aligned inputs to 1e-09"):
        solve(task, weights)


def test_integrators_load_only_when_used():
    code = (
        "import sys, deeplinear.exact; print([m for m in ('scipy.integrate', 'jax', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_expected_error_is_what_separate_modes_get_wrong():
    rng = np.random.default_rng(0)
    networks, wrong = [], []
    for _ in range(30):
        n_in, n_out = rng.integers(2, 7, 2)
        k = min(n_in, n_out)
        turn = np.linalg.qr(np.eye(n_in) + rng.choice([0.1, 0.3, 1.0]) * rng.normal(size=(n_in, n_in)))[0]
        s31 = (frame(n_out, k, rng) * np.sort(rng.uniform(0.5, 3, k))[::-1]) @ np.eye(n_in)[:k]
        task = Task.from_correlations((turn * rng.uniform(0.5, 2, n_in)) @ turn.T, s31)
        networks.append((task, build_weights(task, [8], [[1e-2] * k] * 2, rng=rng)))
    times = np.linspace(0, 40 / np.array([task.modes.s[-1] for task, _ in networks]), 60).T
    for (task, _), t, layers in zip(networks, times, flows(networks, times), strict=True):
        d = task.mode_powers
        apart = sigmoid.strength(t[:, None], s=task.modes.s, u0=1e-4 * d) / d
        seen = np.abs(task.strengths(products(layers)) - apart).max() / np.abs(task.targets).max()
        wrong.append(seen / expected_error(task))
    assert min(wrong) > 1 - 1e-6  # the end is part of the curve
    assert max(wrong) < 1.25  # small starts: little goes wrong before it
    assert np.median(wrong) < 1.01
    assert expected_error(Task.from_correlations(np.diag([1.0, 4.0]), np.diag([2.0, 1.0]))) == 0
    assert expected_error(Task.from_correlations(np.eye(2), np.zeros((2, 2)))) == 0


def test_rounded_weights_are_told_what_they_miss():
    rng = np.random.default_rng(3)
    task = build_task(S, 6, 5, rng=rng)
    rounded = tuple(w.astype(np.float32) for w in balanced_weights([6, 3, 5], [0.5, 0.7, 0.6], rng))
    with pytest.raises(
        ValueError, match=r"needs λ-balanced .*Riccati.*rounded to float32.*tolerance=\d+e-\d+ accepts it"
    ) as refused:
        solve(task, rounded)
    advised = re.search(r"tolerance=(\S+) accepts it", str(refused.value)).group(1)
    asked = re.search(r"got a residual of (\S+?)[: ]", str(refused.value)).group(1)
    assert 1.5 < float(advised) / float(asked) < 2.5  # rounded to one digit, never down to the residual itself
    law, times = solve(task, rounded, tolerance=1e-6), np.linspace(0, 6, 9)
    assert "Riccati" in law.name
    assert_allclose(law(times).maps, matrix_flow(task, rounded, times), atol=1e-6)
    gaussian = (rng.normal(size=(4, 6)), rng.normal(size=(5, 4)))
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        solve(task, gaussian)
    assert "float32" not in str(refused.value)


def test_laws_of_depth_ask_for_depth_and_sign():
    task = Task.from_modes([2.0, 1.0])
    law = solve(task, [np.diag([-0.5, 0.4]), np.diag([0.5, 0.4]), np.diag([0.5, 0.4])])
    assert law.name.startswith("unequal layers")
    with pytest.raises(ValueError, match="part of the name of a law for 2 layers"):
        solve(task, [np.eye(2) * 0.1] * 2, law="equal layers of any depth")


@pytest.mark.parametrize(
    ("depth", "law"),
    [
        *((1, law) for law in ("two-layer sigmoid", "hyperbolic", "Riccati", "equal layers", "end-to-end")),
        *((2, law) for law in ("shallow", "equal layers of any depth")),
        *((3, law) for law in ("shallow", "two-layer sigmoid", "hyperbolic", "Riccati")),
    ],
)
def test_no_law_of_another_depth(depth, law):
    with pytest.raises(ValueError, match=f"part of the name of a law for {depth} layers, got law={law!r}"):
        solve(Task.from_modes([2.0, 1.0]), (0.1 * np.eye(2),) * depth, law=law)
