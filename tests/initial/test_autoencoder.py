"""One linear autoencoder: its descent on examples, its scalar form, its closed form."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp
from tests.conftest import CLOSED_FORM, INTEGRATOR

from deeplinear.exact.modes import sigmoid
from deeplinear.initial.autoencoder import autoencode, autoencode_aligned, passed


def descended_on_examples(x, a, b, rate, epochs):
    """A linear autoencoder by the gradient of ½ Σ ‖x − B A x‖² over the examples themselves; errors at every epoch."""
    errors = []
    for epoch in range(epochs + 1):
        hidden = x @ a.T
        missing = x - hidden @ b.T
        errors.append(0.5 * np.sum(missing**2))
        if epoch < epochs:
            a, b = a + rate * (missing @ b).T @ x, b + rate * missing.T @ hidden
    return a, b, np.array(errors)


@pytest.mark.parametrize("hidden", [3, 7, 12, 40])
def test_statistics_see_what_examples_show(examples, task, hidden):
    """Weights and errors, narrower and wider than the inputs, and beyond the width that two matrices can fill."""
    rng, (powers, q) = np.random.default_rng(1), (part[..., :7] for part in task.input_modes)
    a, b = 0.1 * rng.standard_normal((hidden, 7)), 0.1 * rng.standard_normal((7, hidden))
    rate = 0.4 / powers[0]
    found = autoencode(a, b, powers=powers, rate=rate, epochs=60)
    encoder, decoder, errors = descended_on_examples(examples[0], a @ q.T, q @ b, rate, 60)
    assert_allclose(found.encoder @ q.T, encoder, rtol=0, atol=1e-11)
    assert_allclose(q @ found.decoder, decoder, rtol=0, atol=1e-11)
    assert_allclose(found.errors, errors, rtol=1e-11)


@pytest.mark.parametrize("hidden", [3, 7, 12])
def test_an_aligned_start_is_one_number_a_component(examples, task, hidden):
    (powers, q), k = (part[..., :7] for part in task.input_modes), min(hidden, 7)
    r = np.linalg.qr(np.random.default_rng(2).standard_normal((hidden, k)))[0]
    start, rate = np.full(k, 0.2), 0.6 / powers[0]
    found = autoencode_aligned(start, powers=powers[:k], rate=rate, epochs=50, rest=powers[k:].sum())
    encoder, decoder, errors = descended_on_examples(examples[0], 0.2 * r @ q[:, :k].T, 0.2 * q[:, :k] @ r.T, rate, 50)
    assert_allclose((r * found.encoder) @ q[:, :k].T, encoder, rtol=0, atol=1e-12)
    assert_allclose(q[:, :k] * found.decoder @ r.T, decoder, rtol=0, atol=1e-12)
    assert_allclose(found.errors, errors, rtol=1e-11)


def test_small_random_starts_are_nearly_balanced():
    """C of W_1 = C M^½ Qᵀ is orthogonal up to the imbalance of the start, which descent hardly changes."""
    rng = np.random.default_rng(5)
    powers = np.geomspace(4, 0.5, 6)
    for strength in (1e-2, 1e-3, 1e-4):  # below, the drift of finite steps is larger
        std = np.sqrt(strength / 8)
        a, b = std * rng.standard_normal((8, 6)), std * rng.standard_normal((6, 8))
        done = autoencode(a, b, powers=powers, rate=0.02, epochs=4000)
        gap = np.linalg.norm(done.encoder @ done.encoder.T - done.decoder.T @ done.decoder, 2)
        assert gap < 6 * strength
        assert np.abs(np.linalg.svd(done.encoder, compute_uv=False) - 1).max() < 3 * strength


def test_passing_solves_its_equation_and_is_the_sigmoid():
    powers, u0, rate = np.array([3.0, 1.0, 0.2]), 0.01, 0.05
    ode = solve_ivp(lambda t, u: 2 * rate * powers * u * (1 - u), (0, 60), [u0] * 3, rtol=1e-11, atol=1e-13)
    assert_allclose(passed(60.0, power=powers, rate=rate, strength=u0), ode.y[:, -1], rtol=INTEGRATOR)
    scaled = sigmoid.strength(60.0, s=powers, u0=powers * u0, tau=1 / rate) / powers  # ũ = d u, s = d = λ
    assert_allclose(passed(60.0, power=powers, rate=rate, strength=u0), scaled, rtol=CLOSED_FORM)
    assert passed(0.0, power=3.0, rate=rate, strength=u0) == pytest.approx(u0, rel=1e-15)
    assert_array_equal(passed(np.inf, power=[2.0, 0.0], rate=rate, strength=u0), [1.0, u0])
