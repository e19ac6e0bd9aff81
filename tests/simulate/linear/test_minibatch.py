import numpy as np
import pytest
from numpy.testing import assert_allclose

import deeplinear as dl
from deeplinear.simulate.linear import descent, rerun

RNG = np.random.default_rng(5)
X = RNG.normal(size=(96, 6)) * np.linspace(0.5, 1.5, 6)
Y = X @ RNG.normal(size=(6, 3)) + 0.1 * RNG.normal(size=(96, 3))


def naive(weights, rate, batch, steps, seed, *, momentum=0.0, weight_decay=0.0, y=Y):
    """Backpropagation, one batch at a time, over the documented order."""
    weights, rng, order = list(weights), np.random.default_rng(seed), []
    velocity = [np.zeros_like(w) for w in weights]
    while len(order) < steps:
        order.extend(rng.permutation(96)[: 96 // batch * batch].reshape(-1, batch))
    for rows in order[:steps]:
        hidden = [X[rows].T]
        for w in weights:
            hidden.append(w @ hidden[-1])
        delta = y[rows].T - hidden[-1]
        gradients = []
        for w, below in zip(weights[::-1], hidden[-2::-1], strict=True):
            gradients.append(delta @ below.T)
            delta = w.T @ delta
        pulls = [g - weight_decay * w for w, g in zip(weights, gradients[::-1], strict=True)]
        velocity = [momentum * v + pull for v, pull in zip(velocity, pulls, strict=True)]
        weights = [w + rate * v for w, v in zip(weights, velocity, strict=True)]
    return weights


@pytest.mark.parametrize("kind", ["orthogonal", "decoupled", "gaussian"])
@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize("wide", [1, 10**9])
def test_against_backpropagation(kind, reduce, wide, monkeypatch):
    monkeypatch.setattr(rerun, "WIDE", wide)
    monkeypatch.setattr(rerun, "SHORT", 0)
    task, sizes = dl.Task.from_data(X, Y), [6, 40, 40, 3]
    weights = (
        dl.initial.decoupled(task, sizes, strength=0.3, rng=0)
        if kind == "decoupled"
        else getattr(dl.initial, kind)(sizes, rng=0)
    )
    run = dl.descend_minibatch(X, Y, weights, rate=0.003, batch=10, steps=40, rng=7, reduce=reduce)
    assert max(run.reduction.reduced_widths[1:-1]) == (
        40 if kind == "gaussian" or not reduce else 9 if kind == "orthogonal" else 3
    )
    for found, wanted in zip(run.weights, naive(weights, 0.003, 10, 40, 7), strict=True):
        assert_allclose(found, wanted, rtol=0, atol=1e-12)
    assert_allclose(task.loss(run.maps), run.loss, rtol=1e-11)
    assert run.loss[-1] < 0.9 * run.loss[0]


@pytest.mark.parametrize("wide", [1, 10**9])
@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize(("momentum", "weight_decay"), [(0.9, 0.0), (0.0, 0.5), (0.6, 0.2)])
def test_momentum_and_weight_decay_written_out(momentum, weight_decay, reduce, wide, monkeypatch):
    monkeypatch.setattr(rerun, "WIDE", wide)
    monkeypatch.setattr(rerun, "SHORT", 0)
    weights, asked = dl.initial.orthogonal([6, 30, 3], rng=0), {"momentum": momentum, "weight_decay": weight_decay}
    run = dl.descend_minibatch(X, Y, weights, rate=0.002, batch=10, steps=30, rng=7, reduce=reduce, **asked)
    wanted = naive(weights, 0.002, 10, 30, 7, **asked)
    for found, want in zip(run.weights, wanted, strict=True):
        assert_allclose(found, want, rtol=0, atol=1e-12)
    for found, want in zip(run.weights_at([30, 13]), wanted, strict=True):
        assert_allclose(found[0], want, rtol=0, atol=1e-12)
    for found, want in zip(run.weights_at(13), naive(weights, 0.002, 10, 13, 7, **asked), strict=True):
        assert_allclose(found[0], want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("wide", [1, 10**9])
@pytest.mark.parametrize("batch", [96, 16])
def test_more_outputs_than_inputs(batch, wide, monkeypatch):
    monkeypatch.setattr(rerun, "WIDE", wide)
    monkeypatch.setattr(rerun, "SHORT", 0)
    y = X @ np.random.default_rng(6).normal(size=(6, 9))
    weights = dl.initial.orthogonal([6, 20, 9], rng=0)
    run = dl.descend_minibatch(X, y, weights, rate=2e-4, batch=batch, steps=30, rng=3)
    for found, want in zip(run.weights, naive(weights, 2e-4, batch, 30, 3, y=y), strict=True):
        assert_allclose(found, want, rtol=0, atol=1e-12)
    assert_allclose(run.loss, dl.Task.from_data(X, y).loss(run.maps), rtol=1e-11)


@pytest.mark.parametrize("batch", [0, 97, 2.5])
def test_refuses_bad_batches(batch):
    with pytest.raises(ValueError, match="needs a whole number 1 <= batch <= 96"):
        dl.descend_minibatch(X, Y, dl.initial.orthogonal([6, 3], rng=0), rate=0.1, batch=batch, steps=1)


def test_white_inputs_allow_no_smaller_input_space_for_batches():
    """A batch of white data is not white: what reduces full-batch descent would be wrong by several per cent."""
    rng = np.random.default_rng(8)
    x = np.linalg.qr(rng.normal(size=(60, 12)))[0]
    y = rng.normal(size=(60, 2))
    weights = dl.initial.orthogonal([12, 30, 30, 2], rng=0)
    asked = {"rate": 0.3, "batch": 10, "steps": 60}
    assert descent.prepared(dl.Task.from_data(x, y), weights).reduced_widths[0] < 12
    small, full = (dl.descend_minibatch(x, y, weights, rng=0, reduce=reduce, **asked) for reduce in (True, False))
    assert_allclose(small.loss, full.loss, rtol=1e-11)
