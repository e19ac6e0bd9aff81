"""Kernels by their definition and descent by its definition, sharing nothing with the package."""

import itertools
from functools import reduce

import numpy as np


def product(layers):
    return reduce(lambda total, w: w @ total, layers)


def random_layers(widths, rng, scale=1.0):
    return tuple(scale * rng.normal(size=(b, a)) / np.sqrt(max(a, b)) for a, b in itertools.pairwise(widths))


def last(factors):
    """Factors at the last time."""
    return [(above[-1], below[-1]) for above, below in factors]


def jacobian(layers, x):
    """Derivatives of every output of every example, outputs first, by complex steps; shape (n_out P, weights)."""
    columns = []
    for number, w in enumerate(layers):
        for place in np.ndindex(w.shape):
            bent = [v.astype(complex) for v in layers]
            bent[number][place] += 1e-30j
            columns.append((product(bent) @ x.T).imag.ravel() / 1e-30)
    return np.array(columns).T


def descend(task, layers, *, steps, rate, keep):
    """Times, losses and layers (each stacked over times) of plain gradient descent."""
    layers, times, kept, losses = [w.copy() for w in layers], [], [], []
    for step in range(steps + 1):
        upto = [np.eye(task.n_in)]
        for w in layers:
            upto.append(w @ upto[-1])
        error = task.input_output_correlation - upto[-1] @ task.input_correlation
        if step % keep == 0:
            times.append(step * rate)
            kept.append([w.copy() for w in layers])
            losses.append(float(task.loss(upto[-1])))
        after, pull = np.eye(task.n_out), []
        for w, below in zip(layers[::-1], upto[-2::-1], strict=True):
            pull.append(after.T @ error @ below.T)
            after = after @ w
        for w, force in zip(layers, pull[::-1], strict=True):
            w += rate * force
    return np.array(times), np.array(losses), [np.array(stack) for stack in zip(*kept, strict=True)]
