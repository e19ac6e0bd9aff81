"""Wide layers are read through random probes; they must see what the whole matrices show."""

import itertools

import numpy as np
from numpy.testing import assert_allclose
from tests.exact.conftest import balanced_weights

from deeplinear.exact.matrices import balance
from deeplinear.weights import imbalance


def whole(weights):
    differences = imbalance(weights)
    sizes = [np.linalg.norm(b @ b.T) + np.linalg.norm(a.T @ a) for b, a in itertools.pairwise(weights)]
    return max(np.linalg.norm(d) / s for d, s in zip(differences, sizes, strict=True))


def test_gaussian_layers():
    rng = np.random.default_rng(0)
    for widths in ([30, 20, 10], [40, 400, 300, 10]):
        weights = tuple(rng.normal(size=(n, m)) / np.sqrt(m) for m, n in itertools.pairwise(widths))
        found, narrow = balance.read(weights).residuals["balanced layers"], max(widths[1:-1]) <= balance.PROBED
        assert_allclose(found, whole(weights), rtol=1e-12 if narrow else 0.15)


def test_balanced_layers_and_a_single_odd_weight():
    rng = np.random.default_rng(1)
    weights = balanced_weights([60, 500, 400, 20], np.linspace(0.2, 1, 20), rng)
    assert balance.read(weights).residuals["balanced layers"] < 1e-15
    weights[1][3, 5] += 1e-4
    assert 1e-7 < balance.read(weights).residuals["balanced layers"] < 1e-3


def test_lambda_of_a_wide_layer():
    rng = np.random.default_rng(2)
    turn = np.linalg.qr(rng.normal(size=(300, 300)))[0]
    first, last = np.zeros((300, 40)), 1.5 * np.eye(320)[:, :300] @ turn.T
    np.fill_diagonal(first, 0.0)
    read = balance.read((first, last))
    assert_allclose(read.imbalance, 2.25, rtol=1e-12)
    assert read.residuals["λ-balanced"] < 1e-14
    assert read.residuals["balanced layers"] > 0.5
