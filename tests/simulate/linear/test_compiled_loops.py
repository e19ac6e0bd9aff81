"""Compiled training loops: one for each kind of training, and not more of them than are told."""

import numpy as np
import optax
import pytest

import deeplinear as dl
from deeplinear.simulate.nonlinear import batching

X = np.random.default_rng(0).normal(size=(6, 3))


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(batching, "MOST_COMPILED", 2)
    monkeypatch.setattr(batching, "COMPILED", set())
    batching.trained.clear_cache()


def loops(**options):
    """Compiled loops after training with these options."""
    net = dl.Network(dl.initial.orthogonal([3, 3], rng=0), "tanh")
    dl.train(net, (X, X), steps=2, **options)
    return batching.trained._cache_size()


def test_older_loops_are_forgotten(few):
    assert [loops(rate=0.01, optimiser=name) for name in ("sgd", "adam", "sgd", "momentum", "adam")] == [1, 2, 2, 1, 2]


def test_one_transformation_is_compiled_once(few):
    one, other = optax.adam(0.01), optax.adam(0.02)
    assert [loops(optimiser=each) for each in (one, one, other, one)] == [1, 1, 2, 2]
