"""A naive twin of training: back-propagation written out, one network, every weight, no compiler."""

import numpy as np


def forward(network, x):
    """Pre-activations of every layer, the input first."""
    hs = [x]
    for number, w in enumerate(network["weights"]):
        h = hs[-1]
        h = network["activation"](h) if number or network["activated_inputs"] else h
        hs.append(h @ w.T + network["biases"][number])
    return hs


def losses(f, y, loss):
    if loss == "squared":
        return 0.5 * np.sum((f - y) ** 2, axis=1)
    largest = f.max(axis=1, keepdims=True)
    return np.log(np.exp(f - largest).sum(axis=1)) + largest[:, 0] - np.sum(f * y, axis=1)


def gradients(network, x, y, loss):
    """Of the summed loss, by weights and by biases."""
    hs = forward(network, x)
    f = hs[-1]
    softmax = np.exp(f - f.max(axis=1, keepdims=True))
    delta = f - y if loss == "squared" else softmax / softmax.sum(axis=1, keepdims=True) - y
    by_weights, by_biases = [], []
    for number in range(len(network["weights"]) - 1, -1, -1):
        active = number or network["activated_inputs"]
        below = network["activation"](hs[number]) if active else hs[number]
        by_weights.insert(0, delta.T @ below)
        by_biases.insert(0, delta.sum(axis=0))
        delta = delta @ network["weights"][number]
        if active:
            delta = delta * network["activation"].derivative(hs[number])
    return by_weights, by_biases


def step_of(optimiser, rate, memory, gradient, count):
    """What is added to a parameter."""
    if optimiser == "sgd":
        return -rate * gradient
    if optimiser == "momentum":
        memory["v"] = 0.9 * memory.get("v", 0.0) + gradient
        return -rate * memory["v"]
    if optimiser == "rmsprop":
        memory["r"] = 0.9 * memory.get("r", 0.0) + 0.1 * gradient**2
        return -rate * gradient / np.sqrt(memory["r"] + 1e-8)
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * gradient
    memory["r"] = 0.999 * memory.get("r", 0.0) + 0.001 * gradient**2
    return -rate * (memory["m"] / (1 - 0.9**count)) / (np.sqrt(memory["r"] / (1 - 0.999**count)) + 1e-8)


def naive_training(start, x, y, *, optimiser, rate, steps, batches=None, loss="squared", mean=False):
    """Losses on all examples ``(steps + 1,)``, final weights and biases."""
    biased = start.biases is not None
    network = {
        "weights": [w.copy() for w in start.weights],
        "biases": [b.copy() for b in start.biases] if biased else [np.zeros(len(w)) for w in start.weights],
        "activation": start.activation,
        "activated_inputs": start.activated_inputs,
    }
    memories = [({}, {}) for _ in network["weights"]]
    history = []
    for step in range(steps + 1):
        total = losses(forward(network, x)[-1], y, loss).sum()
        history.append(total / len(x) if mean else total)
        if step == steps:
            return np.array(history), network["weights"], network["biases"]
        rows = slice(None) if batches is None else batches[step]
        by_weights, by_biases = gradients(network, x[rows], y[rows], loss)
        scale = 1 / len(x[rows]) if mean else 1.0
        for i, (first, second) in enumerate(memories):
            network["weights"][i] = network["weights"][i] + step_of(
                optimiser, rate, first, scale * by_weights[i], step + 1
            )
            if biased:
                network["biases"][i] = network["biases"][i] + step_of(
                    optimiser, rate, second, scale * by_biases[i], step + 1
                )
