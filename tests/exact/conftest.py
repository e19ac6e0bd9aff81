"""Decoupled networks to solve, and a matrix gradient flow written by other means than the package's."""

import itertools

import numpy as np
from scipy.integrate import solve_ivp

from deeplinear import Task


def frame(n, k, rng):
    """k orthonormal columns, k <= n, by QR of a Gaussian."""
    q, r = np.linalg.qr(rng.normal(size=(n, k)))
    return q * np.sign(np.diag(r))


def build_task(s, n_in, n_out, *, rng, powers=None, noise=0.0):
    """Task with modes in random directions and these input powers: the first k along the modes, then the rest."""
    k = len(s)
    u, v = frame(n_out, k, rng), frame(n_in, n_in, rng)
    powers = np.ones(n_in) if powers is None else np.asarray(powers, dtype=float)
    s31 = (u * np.asarray(s, dtype=float)) @ v[:, :k].T
    power = sum(x * x / d for x, d in zip(s, powers, strict=False) if x > 0) + noise
    return Task.from_correlations((v * powers) @ v.T, s31, output_power=power)


def build_weights(task, hidden, layers, *, rng):
    """``W_l = R_{l+1} D_l R_lᵀ`` with random hidden frames; layers of shape (L, k') for the first k' modes."""
    layers = np.atleast_2d(np.asarray(layers, dtype=float))
    k = layers.shape[1]
    frames = [task.modes.v[:, :k], *(frame(n, k, rng) for n in hidden), task.modes.u[:, :k]]
    return tuple((above * d) @ below.T for below, above, d in zip(frames[:-1], frames[1:], layers, strict=True))


def balanced_weights(widths, strengths, rng):
    """Equal strengths in every layer, in random frames that no task knows."""
    frames = [frame(n, len(strengths), rng) for n in widths]
    return tuple((above * strengths) @ below.T for below, above in itertools.pairwise(frames))


def matrix_flow(task, weights, times, tau=1.0):
    """End-to-end maps by integrating (13) for the full matrices, three decades tighter than what is compared."""
    shapes = [w.shape for w in weights]
    cuts = np.cumsum([a * b for a, b in shapes])[:-1]

    def unpack(y):
        return [p.reshape(s) for p, s in zip(np.split(y, cuts), shapes, strict=True)]

    def product(layers, size):
        out = np.eye(size)
        for w in layers:
            out = w @ out
        return out

    def velocity(_, y):
        ws = unpack(y)
        error = task.input_output_correlation - product(ws, task.n_in) @ task.input_correlation
        grads = []
        for i in range(len(ws)):
            after = product(ws[i + 1 :], ws[i].shape[0])
            before = product(ws[:i], task.n_in)
            grads.append((after.T @ error @ before.T).ravel())
        return np.concatenate(grads) / tau

    y0 = np.concatenate([w.ravel() for w in weights])
    run = solve_ivp(velocity, (0, times[-1]), y0, t_eval=times, method="DOP853", rtol=1e-13, atol=1e-15)
    assert run.success
    return np.array([product(unpack(y), task.n_in) for y in run.y.T])
