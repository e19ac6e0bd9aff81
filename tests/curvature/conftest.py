"""Balanced networks in random frames, and their Hessian by complex steps: nothing of the package's formulas."""

import numpy as np
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM

SHAPES = [
    (3, 3, 3, 3),
    (4, 5, 6, 3),
    (3, 4, 4, 5),
    (5, 3, 4, 3, 4),
    (2, 3, 2, 3, 2, 2),
    (6, 5, 4, 3),
    (1, 1, 1, 1),
    (5, 1, 4),
    (2, 6, 2),
    (4, 3),
    (1, 5, 1, 5, 3),
]


def close(got, reference):
    assert_allclose(got, reference, rtol=0, atol=CLOSED_FORM * max(np.abs(reference).max(), 1.0))


def chained(layers, size):
    out = np.eye(size)
    for w in layers:
        out = w @ out
    return out


def gradient(weights, s11, s31):
    """``∂E/∂W_l`` of every layer, one after another; holomorphic in the weights."""
    error = chained(weights, len(s11)) @ s11 - s31
    return np.concatenate(
        [
            (chained(weights[l + 1 :], len(w)).T @ error @ chained(weights[:l], len(s11)).T).ravel()
            for l, w in enumerate(weights)  # noqa: E741
        ]
    )


def unpacked(flat, weights):
    cuts = np.cumsum([w.size for w in weights])[:-1]
    return [part.reshape(w.shape) for part, w in zip(np.split(flat, cuts), weights, strict=True)]


def dense_hessian(weights, s11, s31):
    flat = np.concatenate([w.ravel() for w in weights])
    rows = []
    for k in range(flat.size):
        moved = flat.astype(complex)
        moved[k] += 1e-30j
        rows.append(gradient(unpacked(moved, weights), s11, s31).imag / 1e-30)
    return np.array(rows)


def rotation(n, rng):
    return np.linalg.qr(rng.normal(size=(n, n)))[0]


def network(u, goal, widths, powers, rng):
    """Balanced weights with these mode strengths, and the correlations of a task with these optimal strengths."""
    frames = [rotation(n, rng) for n in widths]
    active, depth, k = np.flatnonzero(u), len(widths) - 1, len(u)
    weights = []
    for layer in range(depth):
        middle = np.zeros((widths[layer + 1], widths[layer]))
        for unit, mode in enumerate(active):
            row, column = (mode if layer == depth - 1 else unit), (mode if layer == 0 else unit)
            middle[row, column] = abs(u[mode]) ** (1 / depth) * (np.sign(u[mode]) if layer == 0 else 1.0)
        weights.append(frames[layer + 1] @ middle @ frames[layer].T)
    s11 = (frames[0] * powers) @ frames[0].T
    s31 = (frames[-1][:, :k] * (powers[:k] * goal)) @ frames[0][:, :k].T
    return weights, s11, s31


def draw_network(widths, rng, *, rank=None, white=False, signed=True):
    """Strengths, targets and input powers of a random network, some modes inactive in any place."""
    k = min(widths[0], widths[-1])
    rank = int(rng.integers(0, min(widths) + 1)) if rank is None else rank
    u = np.zeros(k)
    u[rng.permutation(k)[:rank]] = rng.uniform(0.1, 2.0, rank) * (rng.choice([-1, 1], rank) if signed else 1)
    powers = np.ones(widths[0]) if white else rng.uniform(0.3, 2.0, widths[0])
    return u, rng.uniform(0.0, 2.0, k), powers
