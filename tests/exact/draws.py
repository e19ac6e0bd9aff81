"""Random networks for which each law holds: shapes from 1 to 8, every sign and imbalance."""

import itertools

import numpy as np
from tests.exact.conftest import balanced_weights, build_task, build_weights, frame

from deeplinear import Task

IMBALANCES = [-5.0, -1.0, -1e-3, -1e-8, 0.0, 1e-8, 1e-3, 1.0, 5.0]


def sizes(count, rng):
    return rng.integers(1, 9, count).tolist()


def random_task(n_in, n_out, rng, powers=None, scale=1.0):
    """White inputs with Σ¹¹ = scale · I unless powers are given; singular values from 0.5 to 2.5, some equal, some zero."""
    s = np.sort(rng.uniform(0.5, 2.5, min(n_in, n_out)))[::-1]
    if powers is None and len(s) > 1 and rng.random() < 0.15:  # else the modes are no principal components
        s[1] = s[0]
    if powers is None and len(s) > 1 and rng.random() < 0.15:
        s[-1] = 0.0
    return build_task(s, n_in, n_out, rng=rng, powers=[scale] * n_in if powers is None else powers, noise=0.3)


def decoupled(depth, rng, strengths, *, aligned=False):
    """A decoupled network; strengths: (layers, modes, rng) to layer strengths."""
    widths = sizes(depth + 1, rng)
    powers = rng.uniform(0.4, 2.0, widths[0]) if aligned else None
    task = random_task(widths[0], widths[-1], rng, powers, rng.uniform(0.5, 2.0))
    return task, build_weights(task, widths[1:-1], strengths(depth, min(widths), rng), rng=rng)


def equal(depth, k, rng):
    return np.tile(rng.uniform(0.3, 1.2, k), (depth, 1))


def signed_pair(depth, k, rng):
    return equal(depth, k, rng) * rng.choice([-1, 1], (depth, k), p=[0.1, 0.9])


def imbalanced(depth, k, rng):
    """Two layers with one λ for each mode."""
    weaker, gap = rng.uniform(0.0, 0.8, k), rng.choice(IMBALANCES, k)
    stronger = np.sqrt(weaker**2 + np.abs(gap))
    layers = np.where(gap < 0, [stronger, weaker], [weaker, stronger])
    return layers * rng.choice([-1, 1], (2, k), p=[0.2, 0.8])


def unequal(depth, k, rng):
    """Some modes of wrong sign die, because their two weakest layers are equal."""
    layers = rng.uniform(0.3, 1.2, (depth, k)) * rng.choice([-1, 1], (depth, k), p=[0.15, 0.85])
    tied = (rng.random(k) < 0.15) & (depth > 1)
    layers[0, tied] = np.abs(layers[:, tied]).min(axis=0)
    layers[-1, tied] = -layers[0, tied]
    return layers


def general(n_in, n_out, rng):
    """Any inputs: Σ¹¹ with powers from 0.4 to 2 in random directions."""
    v = frame(n_in, n_in, rng)
    s11 = (v * rng.uniform(0.4, 2.0, n_in)) @ v.T
    u, w = frame(n_out, min(n_in, n_out), rng), frame(n_in, min(n_in, n_out), rng)
    optimum = (u * rng.uniform(0.5, 2.5, u.shape[1])) @ w.T
    return Task.from_correlations(s11, optimum @ s11)


def shallow(rng):
    n_in, n_out = sizes(2, rng)
    return general(n_in, n_out, rng), (rng.normal(size=(n_out, n_in)),)


def any_start(depth, rng):
    """Any inputs, any weights."""
    widths = sizes(depth + 1, rng)
    weights = tuple(rng.normal(size=(a, b)) * 0.5 for b, a in itertools.pairwise(widths))
    return general(widths[0], widths[-1], rng), weights


def lambda_balanced(rng, imbalance=None):
    """Two layers, nothing aligned, ``W_2ᵀW_2 − W_1W_1ᵀ = λI`` for one λ, whatever the shape allows."""
    lam = float(rng.choice(IMBALANCES)) if imbalance is None else imbalance
    n_in, hidden, n_out = sizes(3, rng)
    hidden = min(hidden, n_out) if lam > 0 else min(hidden, n_in) if lam < 0 else hidden
    room = min(n_in, hidden, n_out) if lam == 0 else min(hidden, n_in if lam > 0 else n_out)
    weaker = np.zeros(hidden)
    weaker[:room] = rng.uniform(0.2, 1.0, room) * rng.choice([0.03, 0.5, 1.0])
    stronger = np.sqrt(weaker**2 + abs(lam))
    first, last = (weaker, stronger) if lam >= 0 else (stronger, weaker)
    turn = frame(hidden, hidden, rng)
    inputs, outputs = np.zeros((hidden, n_in)), np.zeros((n_out, hidden))
    np.fill_diagonal(inputs, first[: min(hidden, n_in)])
    np.fill_diagonal(outputs, last[: min(hidden, n_out)])
    weights = (turn @ inputs @ frame(n_in, n_in, rng).T, frame(n_out, n_out, rng) @ outputs @ turn.T)
    return random_task(n_in, n_out, rng, scale=rng.uniform(0.5, 2.0)), weights


def balanced(depth, rng):
    """Any inputs, nothing aligned, all neighbouring layers balanced; sometimes of low rank."""
    widths = sizes(depth + 1, rng)
    rank = min(widths) if rng.random() < 0.7 else int(rng.integers(1, min(widths) + 1))
    return general(widths[0], widths[-1], rng), balanced_weights(widths, rng.uniform(0.4, 1.0, rank), rng)
