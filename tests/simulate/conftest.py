"""A naive twin of gradient descent: full prefixes, no statistics tricks, no reduction."""

import numpy as np
import pytest

from deeplinear import Task


def naive_descent(task, weights, rate, steps, momentum=0.0, weight_decay=0.0):
    """Losses ``(steps + 1,)`` in the statistics form, and the final weights."""
    weights = [w.copy() for w in weights]
    velocity = [np.zeros_like(w) for w in weights]
    losses = []
    for step in range(steps + 1):
        prefixes = [np.eye(task.n_in)]
        for w in weights:
            prefixes.append(w @ prefixes[-1])
        total = prefixes[-1]
        losses.append(
            0.5 * task.output_power
            - np.vdot(total, task.input_output_correlation)
            + 0.5 * np.vdot(total @ task.input_correlation, total)
        )
        if step == steps:
            return np.array(losses), weights
        error = task.input_output_correlation - total @ task.input_correlation
        suffix, gradients = np.eye(task.n_out), []
        for w, prefix in zip(weights[::-1], prefixes[-2::-1], strict=True):
            gradients.append(suffix.T @ error @ prefix.T)
            suffix = suffix @ w
        for i, gradient in enumerate(gradients[::-1]):
            velocity[i] = momentum * velocity[i] + gradient - weight_decay * weights[i]
            weights[i] = weights[i] + rate * velocity[i]


@pytest.fixture
def naive():
    return naive_descent


@pytest.fixture(params=["white", "raw"])
def task(request):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 12)) * np.linspace(0.5, 1.5, 12)
    y = x @ rng.normal(size=(12, 4)) / 3 + 0.5 * rng.normal(size=(300, 4))
    return Task.from_data(x, y, inputs=request.param, reduction="mean")
