"""What Fig. 8 says of the variance of activity, put to the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, listed

if TYPE_CHECKING:
    from deeplinear.task import Array

Data = dict[str, Any]

# theory handbook, section 8.1, as printed
MAP = ("0.0842", "0.1472", "0.2737", "0.3943", "0.5200", "0.5894", "0.6353", "0.6684", "0.7573")
LEVELS = ("0.0101", "0.0205", "0.0533", "0.11275", "0.2495", "0.4090", "0.7934", "1.3928", "2.1215", "3.9610", "6.3054")
CHI = ("1.0001", "1.0005", "1.0029", "1.0102", "1.0335", "1.0644", "1.1393", "1.2469", "1.3627", "1.6070", "1.8599")
AT_EDGE = ("0.005121", "0.005069")  # layers 100 and 101 at g = 1 from q = 1
BIAS = 2.0  # relative excess of q in a network of width N, times N, at most (measured at N = 100 and 200)
SHALLOW = {0.9: 0.0003, 0.95: 0.0034, 1.0: 0.0192}  # one simulated network of 30 layers


def as_printed(values: Array, printed: tuple[str, ...]) -> bool:
    """Whether each value rounds to the digits printed."""
    digits = [len(text.split(".")[1]) for text in printed]
    return all(f"{value:.{n}f}" == text for value, text, n in zip(values, printed, digits, strict=True))


def printed(values: Array, like: tuple[str, ...]) -> str:
    """Values with as many digits as others."""
    return " ".join(f"{value:.{len(text.split('.')[1])}f}" for value, text in zip(values, like, strict=True))


def errors(runs: Array) -> Array:
    """Standard error of the mean over the second axis."""
    return runs.std(axis=1, ddof=1) / np.sqrt(runs.shape[1])


def map_claims(data: Data) -> list[Claim]:
    """The map at g = 1, and what follows of it."""
    ratio = data["q_out"] / data["q_in"]
    along = data["critical"][[99, 100]]
    return [
        Claim(
            "the map q_in → ∫Dz tanh²(√q_in z), to the printed digits, q_in = " + listed(data["q_in"]),
            " ".join(MAP),
            printed(data["q_out"], MAP),
            as_printed(data["q_out"], MAP),
        ),
        Claim(
            "at g = 1 it lies below the diagonal, and the less so the smaller q: only q = 0 stays",
            "q_out/q_in < 1, rising as q falls",
            listed(ratio),
            bool((ratio < 1).all() and (np.diff(ratio) < 0).all()),
        ),
        Claim(
            "so that at g = 1 activity dies like 1/(2l), l the layer: layers 100 and 101, from q¹ = 1",
            " ".join(AT_EDGE) + " (1/2l: 0.00500 0.00495)",
            printed(along, AT_EDGE),
            as_printed(along, AT_EDGE) and bool((np.abs(2 * along * [100, 101] - 1) < 0.03).all()),
        ),
    ]


def level_claims(data: Data) -> list[Claim]:
    """Fixed points of (49)."""
    gains, levels = data["exact_gains"], data["fixed_points"]
    leading = levels / ((gains**2 - 1) / (2 * gains**2)) - 1
    order = leading[1] / leading[0]
    below = data["levels"][data["gains"] <= 1]
    above = data["levels"][data["gains"] > 1]
    return [
        Claim(
            "q∞(g) of (49), to the printed digits, g = " + listed(gains),
            " ".join(LEVELS),
            printed(levels, LEVELS),
            as_printed(levels, LEVELS),
        ),
        Claim(
            "χ₁ = g² E[φ'²] there: above 1 and small, gradients grow slowly beyond the edge",
            " ".join(CHI),
            printed(data["chi"], CHI),
            as_printed(data["chi"], CHI),
        ),
        Claim(
            "just above 1, q∞ ≈ (g² − 1)/2g²: the relative error is of order g − 1",
            "error at 1.02 over error at 1.01: 2 ± 0.1",
            f"{leading[1]:.4f} / {leading[0]:.4f} = {order:.3f}",
            abs(order - 2) < 0.1 and gains[1] == 1.02 and gains[0] == 1.01,
        ),
        Claim(
            "the edge of chaos of tanh is g = 1: at or below it q∞ = 0, above it q∞ > 0",
            "g_c = 1; 0 ≤ 1 < above",
            f"g_c = {data['edge']:.12g}; largest q∞ to g = 1: {below.max(initial=0):.2g}, least above: {above.min(initial=9):.3g}",
            data["edge"] == 1 and bool((below == 0).all() and (above > 0.01).all()),
        ),
    ]


def simulation_claims(data: Data) -> list[Claim]:
    """Networks of finite width and depth against (48) and (49)."""
    gains, runs, followed, last = data["gains"], data["simulated"], data["followed"], int(data["last"])
    found = runs[..., -last:].mean(axis=-1)
    mean, spread = found.mean(axis=1), found.std(axis=1)
    far = gains >= 1.1
    off = mean[far] / data["levels"][far] - 1
    wide = BIAS / int(data["n"]) * followed
    beyond = (np.maximum(np.abs(runs.mean(axis=1) - followed) - wide, 0) / errors(runs))[:, 1:]
    near = np.isin(gains, list(SHALLOW))
    expected = followed[near, -last:].mean(axis=1)
    missed = np.abs(mean - followed[:, -last:].mean(axis=1))[near] / errors(found)[near]
    below = gains < 1
    decay = (runs[below, :, -1] / runs[below, :, -2]).mean(axis=1)
    kept = gains[below] ** 2 * (1 - 2 * followed[below, -2])
    return [
        Claim(
            f"simulated q∞, N = {data['n']}, for g ≥ 1.1: that of (49) to 2 %, mean of {runs.shape[1]} runs (sd of one run: "
            f"{listed(100 * (spread / mean)[far], '.1f')} %)",
            listed(data["levels"][far], ".4g"),
            listed(mean[far], ".4g"),
            np.abs(off).max(initial=0) < 0.02,
        ),
        Claim(
            "every layer has the variance of (48), all gains",
            f"within 5 standard errors, beside {BIAS:g}/N for finite width",
            f"{beyond.max():.1f} at most, {np.sqrt((beyond**2).mean()):.2f} rms",
            beyond.max() < 5,
        ),
        Claim(
            f"near g = 1 thirty layers are not enough: g = {listed(gains[near])}, by (48) (a reference run: "
            f"{listed([SHALLOW[float(g)] for g in gains[near]], '.4f')})",
            listed(expected, ".4f") + " (5 standard errors)",
            listed(mean[near], ".4f"),
            len(missed) == len(SHALLOW) and missed.max() < 5,
        ),
        Claim(
            f"below the edge a layer keeps the share g² (1 − 2q) of the variance, in the end: g = {listed(gains[below])}",
            listed(kept, ".4f") + " (to 0.5 %)",
            listed(decay, ".4f"),
            np.abs(decay / kept - 1).max(initial=0) < 0.005,
        ),
    ]


def claims(data: Data) -> list[Claim]:
    """The map, its fixed points, and simulation."""
    return [*map_claims(data), *level_claims(data), *simulation_claims(data)]
