"""What Fig. 8 says of the variance of activity, put to the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, above, as_printed, below, claim, falling, listed, near, same

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Data = dict[str, Any]

# by 60-digit quadrature, as printed
MAP = ("0.0842", "0.1472", "0.2737", "0.3943", "0.5200", "0.5894", "0.6353", "0.6684", "0.7573")
LEVELS = ("0.0101", "0.0205", "0.0533", "0.11275", "0.2495", "0.4090", "0.7934", "1.3928", "2.1215", "3.9610", "6.3054")
CHI = ("1.0001", "1.0005", "1.0029", "1.0102", "1.0335", "1.0644", "1.1393", "1.2469", "1.3627", "1.6070", "1.8599")
AT_EDGE = ("0.005121", "0.005069")  # layers 100 and 101 at g = 1 from q = 1
BIAS = 2.0  # relative excess of q in a network of width N, times N, at most (measured at N = 100 and 200)
SHALLOW = (0.9, 0.95, 1.0)  # gains at which thirty layers are too few for the fixed point


def errors(runs: Array) -> Array:
    """Standard error of the mean over the second axis."""
    return runs.std(axis=1, ddof=1) / np.sqrt(runs.shape[1])


def map_claims(data: Data) -> list[Claim]:
    """The map at g = 1, and what follows of it."""
    ratio, along, layers = data["q_out"] / data["q_in"], data["critical"][[99, 100]], np.array([100, 101])
    return [
        claim(
            "The variance map at g = 1, q_in → ∫Dz tanh²(√q_in z), to the printed digits, q_in = "
            + listed(data["q_in"])
            + ".",
            as_printed(data["q_out"], MAP),
        ),
        claim(
            "At g = 1 the map lies below the diagonal, ever closer to it towards q = 0, so that only q = 0 is a fixed point: q_out/q_in "
            "for growing q_in.",
            below(ratio, 1),
            falling(ratio),
        ),
        claim(
            "At g = 1 activity dies out as slowly as 1/(2l) in layer l: q of layers 100 and 101, from q = 1, to the printed digits, and "
            "lq.",
            as_printed(along, AT_EDGE),
            near(along * layers, 0.5, 0.015, ".4f", what="lq = "),
        ),
    ]


def level_claims(data: Data) -> list[Claim]:
    """Fixed points of (49)."""
    gains, levels = data["exact_gains"], data["fixed_points"]
    first = [int(np.abs(gains - g).argmin()) for g in (1.01, 1.02)]
    leading = (levels / ((gains**2 - 1) / (2 * gains**2)) - 1)[first]
    below_edge = data["levels"][data["gains"] <= 1]
    above_edge = data["levels"][data["gains"] > 1]
    return [
        claim(
            "The fixed point q∞(g) of (49), to the printed digits, g = " + listed(gains) + ".",
            as_printed(levels, LEVELS),
        ),
        claim(
            "χ₁ = g² E[φ'²] at the fixed point, to the printed digits: above 1, and slowly growing, so that gradients grow slowly just "
            "beyond the edge of chaos.",
            as_printed(data["chi"], CHI),
        ),
        claim(
            "Just above g = 1, q∞ is (g² − 1)/2g² up to a relative error of order g − 1: the error at g = 1.02 over that at 1.01.",
            near(leading[1] / leading[0], 2, 0.1, ".3f", what="ratio "),
            same(gains[first], [1.01, 1.02], ".2f", what="g = "),
            aside=f"errors {leading[1]:.4f} and {leading[0]:.4f}",
        ),
        claim(
            "The edge of chaos of tanh is g = 1: q∞ is 0 at and below it, and more above it.",
            same(data["edge"], 1, ".12g", what="critical gain "),
            same(below_edge, 0 * below_edge, ".2g", what="up to one: "),
            above(above_edge, 0.01, what="above: "),
        ),
    ]


def simulation_claims(data: Data) -> list[Claim]:
    """Networks of finite width and depth against (48) and (49)."""
    gains, runs, followed, last = data["gains"], data["simulated"], data["followed"], int(data["last"])
    found, layers = runs[..., -last:].mean(axis=-1), runs.shape[-1]
    mean, spread = found.mean(axis=1), found.std(axis=1)
    far, near_edge, below_edge = gains >= 1.1, np.isin(gains, SHALLOW), gains < 1
    wide = BIAS / int(data["n"]) * followed
    beyond = (np.maximum(np.abs(runs.mean(axis=1) - followed) - wide, 0) / errors(runs))[:, 1:]
    decay = (runs[below_edge, :, -1] / runs[below_edge, :, -2]).mean(axis=1)
    share = gains[below_edge] ** 2 * (1 - 2 * followed[below_edge, -2])
    size = f"N = {data['n']}, mean of {runs.shape[1]} runs"
    return [
        claim(
            f"The simulated variance of the last {last} of {layers} layers is q∞ of (49) within 2 %, g = {listed(gains[far])}; {size}.",
            near(mean[far], data["levels"][far], 0.02 * data["levels"][far], ".4g"),
            aside=f"standard deviation of one run {listed(100 * (spread / mean)[far], '.1f')} %",
        ),
        claim(
            f"Every layer has the variance of (48) at all gains, up to {BIAS:g}/N for finite width: farthest layer; {size}.",
            below(beyond.max(), 5, ".1f", unit=" standard errors"),
            aside=f"{np.sqrt((beyond**2).mean()):.2f} rms",
        ),
        claim(
            f"Near the edge {layers} layers are too few to reach the fixed point, and (48) followed for as many gives the variance of the "
            f"last {last}, within five standard errors, g = {listed(SHALLOW)}; {size}.",
            near(mean[near_edge], followed[near_edge, -last:].mean(axis=1), 5 * errors(found)[near_edge]),
            same(gains[near_edge], SHALLOW, ".2f", what="g = "),
        ),
        claim(
            f"Below the edge the last layer keeps the share g² (1 − 2q) of the variance of the one before, within 0.5 %, g = "
            f"{listed(gains[below_edge])}; {size}.",
            near(decay, share, 0.005 * share, ".4f"),
        ),
    ]


def claims(data: Data) -> list[Claim]:
    """The map, its fixed points, and simulation."""
    return [*map_claims(data), *level_claims(data), *simulation_claims(data)]
