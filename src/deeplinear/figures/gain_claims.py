"""What the figure ``gains`` finds, put to the test: where deep tanh networks learn fastest, and what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, listed

if TYPE_CHECKING:
    from deeplinear.task import Array

Data = dict[str, Any]

STARTS = ("orthogonal", "gaussian")


def times(data: Data) -> Array:
    """Steps to learn, mean over seeds, infinite where one never did: ``(starts, depths, gains)``."""
    return np.where(np.isfinite(data["learned"]), data["learned"], np.inf).mean(axis=-1)


def fastest(data: Data) -> Array:
    """Gain of the shortest learning time, ``(starts, depths)``; NaN where nothing learned."""
    found = times(data)
    return np.where(np.isfinite(found).any(axis=-1), data["gains"][found.argmin(axis=-1)], np.nan)


def vertex(gains: Array, steps: Array) -> float:
    """Gain of the shortest time between those of the grid, by a parabola in ln time; the grid's where a neighbour is missing."""
    best = int(steps.argmin())
    around = slice(best - 1, best + 2)
    if not 0 < best < len(gains) - 1 or not np.isfinite(steps[around]).all() or not (np.diff(gains[around]) > 0).all():
        return float(gains[best])
    a, b, _ = np.polyfit(gains[around], np.log(steps[around]), 2)
    return float(-b / (2 * a)) if a > 0 else float(gains[best])


def isometric(data: Data) -> Array:
    """Gain at which the predicted root mean square singular value is 1, ``(depths,)``: it rises with the gain."""
    return np.array([np.interp(0.0, row, data["fine"]) for row in data["log_rms"]])


def nearest_isometry(data: Data) -> Array:
    """Gain of the grid at which the predicted root mean square of ln s is least, orthogonal weights, ``(depths,)``."""
    return data["gains"][data["distance"][0, :, :, 0].argmin(axis=-1)]


def exponent(data: Data, values: Array) -> float:
    """Growth with depth, from the shallowest to the deepest."""
    return float(np.log(values[-1] / values[0]) / np.log(data["depths"][-1] / data["depths"][0]))


def told(value: float) -> str:
    """Steps, or that there is no number of them."""
    return f"{value:.0f}" if np.isfinite(value) else "never"


def multiple(value: float) -> str:
    """So many times as long, or for ever."""
    return f"{value:.1f}" if np.isfinite(value) else "never"


def speed_claims(data: Data) -> list[Claim]:
    """Where orthogonal networks learn fastest."""
    gains, depths, steps = data["gains"], data["depths"], times(data)[0]
    found, shortest, predicted = fastest(data)[0], steps.min(axis=-1), isometric(data)
    between = np.array([vertex(gains, row) for row in steps])
    near = np.abs(gains[:, None] - predicted).argmin(axis=0)
    there = steps[np.arange(len(depths)), near] / shortest
    calm = nearest_isometry(data)
    at_calm = steps[np.arange(len(depths)), [int(np.flatnonzero(gains == g)[0]) for g in calm]] / shortest
    scaled = (predicted - 1) * np.sqrt(depths)
    return [
        Claim(
            f"orthogonal networks of {listed(depths, '.0f')} layers learn fastest at a gain above one",
            "> 1",
            f"g = {listed(found)}, in {' '.join(map(told, shortest))} steps",
            bool((found > 1).all() and np.isfinite(shortest).all()),
        ),
        Claim(
            "the deeper, the nearer to one",
            "falling",
            listed(found),
            bool((np.diff(found) <= 0).all() and found[-1] < found[0]),
        ),
        Claim(
            "which is where the predicted mean-square singular value is one: time at the gain nearest to that, over the shortest",
            f"< 1.5 at g = {listed(predicted)}",
            listed(there, ".2f"),
            bool((there < 1.5).all()),
        ),
        Claim(
            "the gain of the shortest time, by a parabola through the three around it, is the predicted one",
            f"{listed(predicted, '.3f')}, to a third of g − 1",
            listed(between, ".3f"),
            bool((np.abs(between - predicted) < (predicted - 1) / 3).all()),
        ),
        Claim(
            "that gain approaches one as 1/√depth: (g − 1) √L",
            "the same for all depths, to 5 %",
            listed(scaled),
            bool((np.abs(scaled / scaled.mean() - 1) < 0.05).all()),
        ),
        Claim(
            "against the hope that isometry alone decides: at the gain where ln s is predicted least in root mean square, time over "
            "the shortest",
            f"> 1.3, at g = {listed(calm)}, nearer to one than the fastest",
            listed(at_calm, ".2f"),
            bool((at_calm > 1.3).all() and (np.abs(calm - 1) < np.abs(found - 1)).all()),
        ),
    ]


def robustness_claims(data: Data) -> list[Claim]:
    """Too small and too large gains, and depth."""
    gains, depths, steps = data["gains"], data["depths"], times(data)[0]
    sides = [(int(np.abs(gains - (1 - d)).argmin()), int(np.abs(gains - (1 + d)).argmin())) for d in (0.05, 0.1)]
    sides = [(i, j) for i, j in dict.fromkeys(sides) if gains[i] < 1 < gains[j]]
    pairs = [(steps[-1, i], steps[-1, j]) for i, j in sides]
    shortest, at_one = steps.min(axis=-1), steps[:, int(np.abs(gains - 1).argmin())]
    growth, growth_at_one = exponent(data, shortest), exponent(data, at_one)
    return [
        Claim(
            f"more robust above one than below: steps of {depths[-1]} layers at g = "
            + ", ".join(f"{gains[i]:g} and {gains[j]:g}" for i, j in sides),
            "at least three times as long below",
            ", ".join(f"{told(below)} and {told(above)}" for below, above in pairs),
            len(pairs) > 0 and all(np.isfinite(above) and below > 3 * above for below, above in pairs),
        ),
        Claim(
            f"too large is bad too: g = {gains[-1]:g} at {depths[-1]} and at {depths[0]} layers, steps over the shortest",
            "> 3, and less at the shallowest",
            " and ".join(multiple(steps[i, -1] / shortest[i]) for i in (-1, 0)),
            steps[-1, -1] > 3 * shortest[-1] and steps[0, -1] / shortest[0] < steps[-1, -1] / shortest[-1],
        ),
        Claim(
            f"at the best gain, learning time grows slowly with depth, {depths[0]} to {depths[-1]}, more slowly than at g = 1",
            "exponent < 0.7 (isometric nets, quoted: 0.5), and larger by 0.1 at g = 1",
            f"{growth:.2f}; {growth_at_one:.2f}",
            growth < 0.7 and growth_at_one > growth + 0.1,
        ),
    ]


def start_claims(data: Data) -> list[Claim]:
    """Orthogonal against Gaussian weights."""
    depths, steps = data["depths"], times(data)
    shortest = steps.min(axis=-1)
    ratio = shortest[1] / shortest[0]
    known = np.take_along_axis(data["accuracy"].mean(axis=-1), steps.argmin(axis=-1)[..., None], axis=-1)[..., 0]
    decades = (data["quantiles"][..., -1] - data["quantiles"][..., 0]) / np.log(10)
    return [
        Claim(
            "Gaussian networks take longer, each at its best gain, and the more so the deeper: over orthogonal ones, for "
            f"{listed(depths, '.0f')} layers",
            "rising, > 3 at the deepest",
            " ".join(map(multiple, ratio)),
            ratio[-1] > 3 and ratio[-1] > ratio[0],
        ),
        Claim(
            "accuracy on test images, at the best gain: orthogonal networks lose little with depth",
            "within 3 % of the shallowest",
            listed(100 * known[0], ".1f") + " %",
            known[0, -1] > known[0, 0] - 0.03,
        ),
        Claim(
            "Gaussian ones lose more",
            f"at {depths[-1]} layers more than 2 % behind orthogonal ones",
            listed(100 * known[1], ".1f") + " %",
            known[1, -1] < known[0, -1] - 0.02,
        ),
        Claim(
            f"as predicted: singular values at g = 1, 5 to 95 % in decades, orthogonal and Gaussian, {depths[-1]} layers",
            "Gaussian ones spread ten times as far",
            " and ".join(f"{decades[s, -1, int(np.abs(data['gains'] - 1).argmin())]:.1f}" for s in (0, 1)),
            bool((decades[1] > decades[0]).all())
            and decades[1, -1, int(np.abs(data["gains"] - 1).argmin())]
            > 10 * decades[0, -1, int(np.abs(data["gains"] - 1).argmin())],
        ),
    ]


def claims(data: Data) -> list[Claim]:
    """Where they learn fastest, how robustly, and from which weights."""
    return [*speed_claims(data), *robustness_claims(data), *start_claims(data)]
