"""Networks trained by plain matrix code that shares nothing with the package."""

import itertools

import numpy as np
from scipy.integrate import solve_ivp

from deeplinear import Curve, Task

MINI = [  # lives, plant, animal, leaves, flies, swims, feathers
    ("pine", [1, 1, 0, 0, 0, 0, 0]),
    ("rose", [1, 1, 0, 1, 0, 0, 0]),
    ("oak", [1, 1, 0, 1, 0, 0, 0]),
    ("robin", [1, 0, 1, 0, 1, 0, 1]),
    ("salmon", [1, 0, 1, 0, 0, 1, 0]),
]


def mini():
    """Five items with seven attributes: one plant without leaves."""
    return Task.from_data(np.eye(5), np.array([row for _, row in MINI], dtype=float))


def tree_task(levels=3, rho=0.6):
    """A task whose item covariance is exactly that of a symmetric tree: ρ to the height where items part."""
    items = range(2**levels)
    heights = [[next(h for h in range(levels + 1) if i >> h == j >> h) for j in items] for i in items]
    values, vectors = np.linalg.eigh(100 * rho ** np.array(heights, dtype=float))
    return Task.from_correlations(np.eye(len(values)), (vectors * np.sqrt(values)) @ vectors.T)


def split_value(levels, height, rho=0.6):
    """Singular value of the splits at one height in `tree_task`, by the quadratic form of one such split."""
    items = np.arange(2**levels)
    wave = np.where(items < 2 ** (height - 1), 1.0, np.where(items < 2**height, -1.0, 0.0))
    heights = [[next(h for h in range(levels + 1) if i >> h == j >> h) for j in items] for i in items]
    return np.sqrt(wave @ (100 * rho ** np.array(heights, dtype=float)) @ wave / (wave @ wave))


def curve_of(task, times, maps):
    """A `Curve` from end-to-end maps, strengths read by dense algebra."""
    u, _, v = task.modes
    strengths = np.array([np.diag(u.T @ w @ v) for w in maps])
    loss = np.array([0.5 * np.sum((task.input_output_correlation - w) ** 2) for w in maps])
    return Curve(np.asarray(times, dtype=float), loss, strengths, task.targets, "plain")


def descended(task, weights, rate, steps, every=1):
    """Gradient descent on full matrices; the curve, and the weights at each recorded time."""
    weights, target, kept = [w.copy() for w in weights], task.input_output_correlation, []
    for step in range(steps + 1):
        if step % every == 0:
            kept.append([w.copy() for w in weights])
        befores = [np.eye(task.n_in)]
        for w in weights:
            befores.append(w @ befores[-1])
        back, gradients = target - befores[-1], []
        for w, before in zip(weights[::-1], befores[-2::-1], strict=True):
            gradients.append(back @ before.T)
            back = w.T @ back
        weights = [w + rate * g for w, g in zip(weights, gradients[::-1], strict=True)]
    times = rate * every * np.arange(len(kept))
    return curve_of(task, times, [product(ws) for ws in kept]), kept


def flowed(task, weights, times):
    """Gradient flow of full matrices, three decades tighter than what is compared."""
    shapes, target = [w.shape for w in weights], task.input_output_correlation
    cuts = np.cumsum([a * b for a, b in shapes])[:-1]

    def unpack(y):
        return [part.reshape(shape) for part, shape in zip(np.split(y, cuts), shapes, strict=True)]

    def velocity(_, y):
        ws = unpack(y)
        error = target - product(ws)
        return np.concatenate(
            [
                (product(ws[i + 1 :], w.shape[0]).T @ error @ product(ws[:i], task.n_in).T).ravel()
                for i, w in enumerate(ws)
            ]
        )

    y0 = np.concatenate([w.ravel() for w in weights])
    run = solve_ivp(velocity, (0, times[-1]), y0, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-14)
    kept = [unpack(y) for y in run.y.T]
    return curve_of(task, times, [product(ws) for ws in kept]), kept


def product(weights, size=None):
    """``W_L ⋯ W_1``, the identity of this size for no layers."""
    out = np.eye(weights[0].shape[1] if weights else size)
    for w in weights:
        out = w @ out
    return out


def gaussian_start(sizes, std, seed):
    """Independent normal entries."""
    rng = np.random.default_rng(seed)
    return [std * rng.normal(size=(n, m)) for m, n in itertools.pairwise(sizes)]


def decoupled_start(task, hidden, strength, seed):
    """Balanced, along the task's modes, hidden frames from QR."""
    rng, k = np.random.default_rng(seed), len(task.modes.s)
    frames = [task.modes.v, *(np.linalg.qr(rng.normal(size=(n, k)))[0] for n in hidden), task.modes.u]
    root = strength ** (1 / (len(hidden) + 1))
    return [root * above @ below.T for below, above in itertools.pairwise(frames)]
