"""One way to draw every start of the registry, whatever it takes and returns: layers of shape ``(n_out, n_in)``."""

import itertools

import numpy as np

from deeplinear import Task
from deeplinear.initial import STARTS

GENERAL, SQUARE = (5, 8, 8, 3, 6), (6, 6, 6, 6)
VARIANCES = {  # of single entries, from the papers, at scale 1; noise 0.01
    "gaussian": lambda n_in, n_out: 1 / n_in,
    "he": lambda n_in, n_out: 2 / n_in,
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "orthogonal": lambda n_in, n_out: 1 / max(n_in, n_out),
    "delta_orthogonal": lambda n_in, n_out: 1 / max(n_in, n_out),
    "identity_like": lambda n_in, n_out: 1e-4 / n_in,
}


def task_for(widths):
    """Any task that fits: singular values 1, 2, …"""
    k = min(widths[0], widths[-1])
    return Task.from_modes(np.arange(1.0, k + 1), n_in=widths[0], n_out=widths[-1])


def batch_for(widths):
    """Data of variance 9, so that something is left to be scaled."""
    return 3 * np.random.default_rng(99).standard_normal((50, widths[0]))


def imbalance_for(widths):
    """A λ that the shape can have."""
    return 0.5 if widths[1] <= widths[2] else -0.5 if widths[1] <= widths[0] else 0.0


def widths_for(name, widths=GENERAL):
    """The part of these widths that the start is for."""
    facts = STARTS[name]
    if facts.returns == "reduction":
        return (widths[0], *[max(widths)] * 2, widths[-1])
    return widths if facts.layers is None else (*widths[: facts.layers], widths[-1])


def drawn(name, widths, rng=0, task=None, x=None, **options):
    """What the start returns, given what it takes."""
    facts = STARTS[name]
    if facts.random:
        options["rng"] = rng
    if name == "lambda_balanced" and "imbalance" not in options:
        options["imbalance"] = imbalance_for(widths)
    if facts.first == "task":
        return facts.start(task_for(widths) if task is None else task, widths, **options)
    if facts.first == "data":
        return facts.start(batch_for(widths) if x is None else x, widths, **options)
    return facts.start(widths, **options)


def layers(name, widths, rng=0, **options):
    """Layers ``(W1, …, WL)`` of a network, small ones of a reduction, central taps of kernels wide side first."""
    facts = STARTS[name]
    if facts.returns == "kernel":
        rng, taps = np.random.default_rng(rng), []
        for n_in, n_out in itertools.pairwise(widths):
            tap = facts.start((3, 1), min(n_in, n_out), max(n_in, n_out), rng=rng, **options)[:, :, 1, 0]
            taps.append(tap if n_out >= n_in else tap.T)
        return tuple(taps)
    network = drawn(name, widths, rng, **options)
    return network if facts.returns == "weights" else network.weights
