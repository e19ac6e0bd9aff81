"""Balanced and λ-balanced starts: the conserved quantity is as asked, strengths too, and nothing else is fixed."""

import itertools
from functools import partial

import numpy as np
import pytest
from mpmath import mp, mpf
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM

import deeplinear as dl
from deeplinear import Task, initial, weights

EXACT = 1e-14  # relative rounding
LAMBDAS = [0.0, 1e-8, -1e-8, 0.3, -0.3, 2.0, -2.0, 1e6, -1e6]


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    return Task.from_correlations(np.eye(4), rng.standard_normal((6, 4)))


def possible(widths, lam):
    n_in, hidden, n_out = widths
    return lam == 0 or hidden <= (n_out if lam > 0 else n_in)


@pytest.mark.parametrize("widths", [(6, 4), (6, 8, 4), (6, 3, 4), (4, 20, 2, 9, 6), (6, *[7] * 98, 4)], ids=str)
def test_balanced_layers_have_the_strengths_asked_for(widths):
    k = min(widths)
    u0 = np.geomspace(0.5, 1e-3, k)
    layers = initial.balanced(widths, strength=u0, rng=1)
    assert_allclose(np.linalg.svd(weights.end_to_end(layers), compute_uv=False)[:k], u0, rtol=CLOSED_FORM)
    for w in layers:
        s = np.linalg.svd(w, compute_uv=False)
        assert_allclose(s[:k], u0 ** (1 / len(layers)), rtol=CLOSED_FORM)
        assert_allclose(s[k:], 0, atol=EXACT)
    for below, above in itertools.pairwise(layers):
        assert_allclose(above.T @ above, below @ below.T, rtol=0, atol=EXACT)


def test_frames_of_balanced_layers_point_anywhere():
    """End-to-end maps of one mode are ``u0`` times a product of two independent uniform unit vectors."""
    maps = np.stack([weights.end_to_end(initial.balanced((3, 1, 2), strength=1.0, rng=seed)) for seed in range(4000)])
    for power, expected in ((1, 0.0), (2, 1 / 6), (4, 3 / 15 * 3 / 8)):
        entry = maps[:, 0, 0] ** power
        assert abs(entry.mean() - expected) < 5 * entry.std() / np.sqrt(len(entry))


def test_aligned_balanced_starts_are_decoupled(task):
    layers = initial.balanced((4, 9, 5, 6), strength=[0.4, 0.3, 0.2, 0.1], task=task, rng=0)
    rotated = task.modes.u.T @ weights.end_to_end(layers) @ task.modes.v
    assert_allclose(rotated, np.diag([0.4, 0.3, 0.2, 0.1]), rtol=0, atol=EXACT)
    assert dl.solve(task, layers).conditions["balanced"] < 1e-12


@pytest.mark.parametrize(("widths", "law"), [((4, 5, 6), "matrix Riccati"), ((4, 5, 5, 6), "end-to-end flow")])
def test_balanced_starts_are_what_the_matrix_laws_need(task, widths, law):
    assert law in dl.solve(task, initial.balanced(widths, strength=0.1, rng=0)).name


@pytest.mark.parametrize("lam", LAMBDAS)
@pytest.mark.parametrize("aligned", [False, True])
def test_every_shape_that_can_be_lambda_balanced_is(lam, aligned):
    for widths in itertools.product(range(1, 5), repeat=3):
        k = min(widths)
        n_in, _, n_out = widths
        chosen = Task.from_correlations(np.eye(n_in), np.random.default_rng(1).standard_normal((n_out, n_in)))
        options = {"imbalance": lam, "strength": np.geomspace(2.0, 0.1, k), "task": chosen if aligned else None}
        if not possible(widths, lam):
            with pytest.raises(ValueError, match=r"^lambda_balanced needs n_hidden <= n_(in|out) for λ"):
                initial.lambda_balanced(widths, rng=0, **options)
            continue
        w1, w2 = initial.lambda_balanced(widths, rng=0, **options)
        assert weights.widths((w1, w2)) == widths
        size = np.linalg.norm(w1) ** 2 + np.linalg.norm(w2) ** 2
        assert_allclose(w2.T @ w2 - w1 @ w1.T, lam * np.eye(widths[1]), rtol=0, atol=EXACT * size)
        accuracy = 1e-15 * np.linalg.norm(w1, 2) * np.linalg.norm(w2, 2) * 10
        assert_allclose(
            np.linalg.svd(w2 @ w1, compute_uv=False)[:k], options["strength"], rtol=CLOSED_FORM, atol=accuracy
        )
        if aligned:
            rotated = chosen.modes.u.T @ w2 @ w1 @ chosen.modes.v
            assert_allclose(rotated[:k, :k], np.diag(options["strength"]), rtol=0, atol=accuracy)


@pytest.mark.parametrize(("widths", "sign"), [((5, 3, 2), 1), ((2, 3, 5), -1)])
def test_refused_shapes_are_impossible(widths, sign):
    """Whatever the weights, ``±(W_2ᵀW_2 − W_1W_1ᵀ)`` has an eigenvalue that is not positive."""
    for seed in range(20):
        w = initial.gaussian(widths, rng=seed)
        assert np.linalg.eigvalsh(sign * weights.imbalance(w)[0]).min() <= 1e-15


def test_frames_of_lambda_balanced_layers_point_anywhere():
    """A hidden unit holds a Haar share of ``S_1² = (√(λ² + 4S²) − λ)/2``: of .618 and .0099."""
    draws = [
        initial.lambda_balanced((3, 2, 3), imbalance=1.0, strength=[1.0, 0.1], rng=seed)[0] for seed in range(2000)
    ]
    powers = (np.stack(draws) ** 2).sum(axis=2)
    expected = np.mean((np.sqrt(1 + 4 * np.array([1.0, 0.1]) ** 2) - 1) / 2)
    assert (np.abs(powers.mean(axis=0) - expected) < 5 * powers.std(axis=0) / np.sqrt(len(powers))).all()
    assert (powers.std(axis=0) > 0.1).all()


def test_directions_that_no_mode_needs_point_anywhere():
    """The second hidden unit of one mode: the rest of the outputs share its power λ alike."""
    aligned = Task.from_correlations([[1.0]], np.eye(5, 1))
    options = {"imbalance": 1.0, "strength": 1.0, "task": aligned}
    draws = np.stack([initial.lambda_balanced((1, 2, 5), rng=seed, **options)[1] for seed in range(2000)])
    powers = (draws**2).sum(axis=2)[:, 1:]
    assert_allclose(powers.sum(axis=1), 1.0, rtol=CLOSED_FORM)
    assert (np.abs(powers.mean(axis=0) - 1 / 4) < 5 * powers.std(axis=0) / np.sqrt(len(powers))).all()
    assert (powers.std(axis=0) > 0.1).all()


@pytest.mark.parametrize(
    "start", [initial.balanced, partial(initial.lambda_balanced, imbalance=1.0)], ids=["balanced", "lambda_balanced"]
)
def test_strengths_are_a_thousandth_unless_asked_for(start):
    found = np.linalg.svd(weights.end_to_end(start((6, 4, 5), rng=0)), compute_uv=False)
    assert_allclose(found[:4], 1e-3, rtol=CLOSED_FORM)


@pytest.mark.parametrize("lam", [1e8, -1e8, 1e-12, -1e-12])
def test_the_weaker_layer_keeps_its_digits(lam):
    """Singular values against ``√((√(λ²+4S²) ± λ)/2)`` in 60 digits, where float64 would cancel them all."""
    layers = initial.lambda_balanced((3, 3, 3), imbalance=lam, strength=1e-3, rng=0)
    with mp.workdps(60):
        root = mp.sqrt(mpf(lam) ** 2 + 4 * mpf(1e-3) ** 2)
        expected = [float(mp.sqrt((root + sign * mpf(lam)) / 2)) for sign in (-1, 1)]
    for w, s in zip(layers, expected, strict=True):
        assert_allclose(np.linalg.svd(w, compute_uv=False), s, rtol=CLOSED_FORM)


@pytest.mark.parametrize(
    ("widths", "lam", "verdict"),
    [((4, 6, 6), 50.0, "lazy"), ((4, 4, 6), -50.0, "lazy"), ((4, 4, 6), 50.0, "rich")],
)
def test_a_zero_map_learns_where_layers_differ(task, widths, lam, verdict):
    """Lazily where the stronger layer spans its side; otherwise it must turn first, which takes long."""
    start = initial.lambda_balanced(widths, imbalance=lam, strength=0.0, rng=0)
    assert_allclose(weights.end_to_end(start), 0, atol=0)
    law = dl.solve(task, start)
    assert dl.regime(task, start).verdict == verdict
    missing = np.abs(law([1.0]).maps[0] - task.optimum).max()
    assert (missing < 1e-8) if verdict == "lazy" else (missing > 0.5)


def test_aligned_modes_obey_the_lambda_equation(task):
    """``τ du/dt = (s − u) √(λ² + 4u²)`` (theory 5.5): one small step of descent, both signs of λ."""
    rate, u0 = 1e-7, np.array([0.5, 0.3, 0.2, 0.1])
    for lam in (0.7, -0.7):
        w1, w2 = initial.lambda_balanced((4, 4, 6), imbalance=lam, strength=u0, task=task, rng=0)
        error = task.input_output_correlation - w2 @ w1
        after = weights.strengths((w1 + rate * w2.T @ error, w2 + rate * error @ w1.T), task)
        assert_allclose(
            (after - u0) / rate, (task.modes.s - u0) * np.sqrt(lam**2 + 4 * u0**2), rtol=1e-5
        )  # order of rate


@pytest.mark.parametrize(
    ("widths", "options", "text"),
    [
        ((4, 6), {"imbalance": 1.0}, r"needs three widths, got widths=\(4, 6\)"),
        ((4, 5, 5, 6), {"imbalance": 1.0}, "use balanced for other depths"),
        ((4, 7, 6), {"imbalance": 1.0}, "n_hidden <= n_out for λ > 0, .* W_2ᵀ W_2 would be .* of rank 7, and 6 units"),
        ((4, 5, 6), {"imbalance": -1.0}, "n_hidden <= n_in for λ < 0, .* W_1 W_1ᵀ would be .* of rank 5, and 4 units"),
        ((4, 3, 6), {"imbalance": np.inf}, "finite imbalance, got imbalance=inf"),
        ((4, 3, 6), {"imbalance": "big"}, "finite imbalance"),
        ((4, 3, 6), {"imbalance": [1.0, 2.0]}, "finite imbalance"),
        ((4, 3, 6), {"imbalance": 0.0, "strength": 0.0}, "strength > 0"),
        ((4, 3, 6), {"imbalance": 1.0, "strength": -1.0}, "strength >= 0, .*: signs belong"),
    ],
)
def test_refuses(widths, options, text):
    with pytest.raises(ValueError, match="^lambda_balanced needs .*" + text.removeprefix("needs ")):
        initial.lambda_balanced(widths, **options)


@pytest.mark.parametrize("name", ["balanced", "lambda_balanced"])
def test_a_task_must_fit(task, name):
    options = {"imbalance": 1.0} if name == "lambda_balanced" else {}
    with pytest.raises(ValueError, match=f"^{name} needs widths from 4 to 6"):
        getattr(initial, name)((4, 3, 5), task=task, **options)
