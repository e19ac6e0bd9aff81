import numpy as np
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.exact.conftest import balanced_weights, frame

from deeplinear.exact.matrices.balance import PROBED, PROBES, read


def pair(imbalance, n=4, hidden=3, seed=0):
    rng = np.random.default_rng(seed)
    weak = rng.uniform(0.2, 0.9, hidden)
    strong = np.sqrt(weak**2 + abs(imbalance))
    first, last = (weak, strong) if imbalance >= 0 else (strong, weak)
    turn = frame(hidden, hidden, rng)
    return (turn * first) @ frame(n, hidden, rng).T, (frame(n + 1, hidden, rng) * last) @ turn.T


def test_two_layers_with_one_imbalance():
    for imbalance in (-2.0, -1e-6, 0.0, 1e-6, 3.0):
        w1, w2 = pair(imbalance)
        found = read((w1, w2))
        assert_allclose(found.imbalance, imbalance, rtol=CLOSED_FORM, atol=1e-15)
        assert found.residuals["λ-balanced"] < 1e-15
        size = np.linalg.norm(w1 @ w1.T) + np.linalg.norm(w2.T @ w2)
        want = abs(imbalance) * np.sqrt(3) / size
        assert_allclose(found.residuals["balanced layers"], want, rtol=1e-12, atol=1e-15)


def test_two_layers_with_none():
    rng = np.random.default_rng(1)
    w1, w2 = rng.normal(size=(3, 4)), rng.normal(size=(2, 3))
    found = read((w1, w2))
    difference = w2.T @ w2 - w1 @ w1.T
    assert_allclose(found.imbalance, np.trace(difference) / 3, rtol=CLOSED_FORM)
    size = np.linalg.norm(w1 @ w1.T) + np.linalg.norm(w2.T @ w2)
    off = np.linalg.norm(difference - np.eye(3) * np.trace(difference) / 3)
    assert_allclose(found.residuals["λ-balanced"], off / size, rtol=CLOSED_FORM)
    assert_allclose(found.residuals["balanced layers"], np.linalg.norm(difference) / size, rtol=CLOSED_FORM)
    for scale in (1e-8, 1e8):
        assert_allclose(list(read((scale * w1, scale * w2)).residuals.values()), list(found.residuals.values()))


def test_the_worst_pair_of_many_layers_counts():
    weights = balanced_weights([4, 3, 5, 3], [0.5, 0.9], np.random.default_rng(2))
    assert read(weights).residuals["balanced layers"] < 1e-15
    assert set(read(weights).residuals) == {"balanced layers"}
    assert read(weights).imbalance == 0.0
    for i in range(3):
        stronger = tuple(w * (2 if j == i else 1) for j, w in enumerate(weights))
        a, b = np.array([0.25, 0.81]), 4 * np.array([0.25, 0.81])  # squared sizes below and above
        want = np.linalg.norm(b - a) / (np.linalg.norm(a) + np.linalg.norm(b))
        assert_allclose(read(stronger).residuals["balanced layers"], want, rtol=CLOSED_FORM)


def test_no_layers_to_compare_and_no_weights():
    assert read((np.eye(2),)).residuals == {"balanced layers": 0.0}
    nothing = read((np.zeros((2, 3)), np.zeros((4, 2))))
    assert nothing.imbalance == 0.0
    assert nothing.residuals == {"balanced layers": 0.0, "λ-balanced": 0.0}


def test_wide_layers_are_probed():
    rng = np.random.default_rng(0)
    wide = 2 * PROBED
    turn, inputs, outputs = frame(wide, 5, rng), frame(6, 5, rng), frame(7, 5, rng)
    w1, w2 = (turn * 0.5) @ inputs.T, (outputs * 0.5) @ turn.T
    assert read((w1, w2)).residuals["balanced layers"] < 1e-14
    assert abs(read((w1, w2)).imbalance) < 1e-15
    # of rank 5 out of many: half as strong below gives (1 - 1/4) / (1 + 1/4) in every direction, probed or not
    assert_allclose(read((0.5 * w1, w2)).residuals["balanced layers"], 0.6, rtol=1e-12)
    assert_allclose(read((0.5 * w1, w2)).imbalance, 5 * (0.25 - 0.0625) / wide, rtol=1e-12)
    # one direction of five: √PROBES draws of it against the rest, five standard errors of their squares
    uneven = w2 + 0.5 * np.outer(outputs[:, 0], turn[:, 0])
    exact = 0.75 / (np.linalg.norm([1.0, 0.25, 0.25, 0.25, 0.25]) + 0.25 * np.sqrt(5))
    assert abs(read((w1, uneven)).residuals["balanced layers"] / exact - 1) < 5 * np.sqrt(2 / PROBES)
