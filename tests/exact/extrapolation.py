"""Gradient flow of many small networks at once, by Gragg-Bulirsch-Stoer extrapolation: no law uses this integrator."""

import numpy as np

SIZE = 8  # every matrix is padded with zeros to this; zero rows and columns stay zero
STEPS = 2 * np.arange(1, 9)  # substeps of the extrapolated midpoint rule: order 16
TOLERANCE = 1e-13


def padded(matrices):
    out = np.zeros((len(matrices), SIZE, SIZE))
    for place, matrix in zip(out, matrices, strict=True):
        place[: matrix.shape[0], : matrix.shape[1]] = matrix
    return out


def velocity(layers, s31, s11):
    """Eq. (13) for layers of shape ``(L, N, SIZE, SIZE)``."""
    below = [None, layers[0]]
    for w in layers[1:]:
        below.append(w @ below[-1])
    panel = s31 - below[-1] @ s11
    out = np.empty_like(layers)
    for i in reversed(range(len(layers))):
        out[i] = panel @ np.swapaxes(below[i], 1, 2) if i else panel
        panel = np.swapaxes(layers[i], 1, 2) @ panel
    return out


def extrapolated(layers, step, rate):
    """One step of each network, and its error relative to the largest weight; step of shape ``(N,)``."""
    begin, table = rate(layers), []
    for count in STEPS:
        h = (step / count)[:, None, None]
        before, now = layers, layers + h * begin
        for _ in range(count - 1):
            before, now = now, before + 2 * h * rate(now)
        table.append([0.5 * (before + now + h * rate(now))])
        for k in range(1, len(table)):
            ratio = (count / STEPS[len(table) - 1 - k]) ** 2
            table[-1].append(table[-1][-1] + (table[-1][-1] - table[-2][k - 1]) / (ratio - 1))
    best = table[-1][-1]
    size = np.abs(best).max(axis=(0, 2, 3)) + 1e-300
    return best, np.abs(best - table[-1][-2]).max(axis=(0, 2, 3)) / size


def flows(networks, times):
    """Layers of networks of one depth at their own ascending times.

    Args:
        networks: list of (task, weights), all of the same depth.
        times: shape ``(N, T)``, first column 0, in units of tau.

    Returns:
        One tuple of layers for each network, each of shape ``(T, n_l, n_{l-1})``.
    """
    s31 = padded([task.input_output_correlation for task, _ in networks])
    s11 = padded([task.input_correlation for task, _ in networks])
    layers = np.stack([padded(column) for column in zip(*(weights for _, weights in networks), strict=True)])
    found = [layers]
    step = np.full(len(networks), 1e-3)
    for begin, end in zip(times.T[:-1], times.T[1:], strict=True):
        left, layers = end - begin, layers.copy()
        while (running := np.flatnonzero(left > 0)).size:
            h = np.minimum(step[running], left[running])
            rate = lambda x, i=running: velocity(x, s31[i], s11[i])  # noqa: E731
            with np.errstate(over="ignore", invalid="ignore"):
                moved, error = extrapolated(layers[:, running], h, rate)
            error = np.where(np.isfinite(error), error, 1e9)
            good = error <= TOLERANCE
            layers[:, running[good]] = moved[:, good]
            left[running[good]] = np.where(h[good] == left[running[good]], 0.0, left[running[good]] - h[good])
            change = np.clip(0.9 * (TOLERANCE / np.maximum(error, 1e-25)) ** (1 / 15), 0.2, 2.0)
            step[running] = np.where(good & (change >= 1), np.maximum(step[running], h * change), h * change)
        found.append(layers)
    shapes = [[w.shape for w in weights] for _, weights in networks]
    return [
        tuple(np.stack([f[layer, n, : shape[0], : shape[1]] for f in found]) for layer, shape in enumerate(shapes[n]))
        for n in range(len(networks))
    ]


def products(layers):
    """End-to-end maps ``(T, n_out, n_in)`` of layers with a time axis."""
    out = layers[0]
    for w in layers[1:]:
        out = w @ out
    return out
