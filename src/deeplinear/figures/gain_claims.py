"""What the figure ``gains`` finds, put to the test: where deep tanh networks learn fastest, and what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, above, at_most, below, claim, listed, near

if TYPE_CHECKING:
    from deeplinear.arrays import Array

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


def speed_claims(data: Data) -> list[Claim]:
    """Where orthogonal networks learn fastest."""
    gains, depths, steps = data["gains"], data["depths"], times(data)[0]
    found, shortest, predicted = fastest(data)[0], steps.min(axis=-1), isometric(data)
    vertices = np.array([vertex(gains, row) for row in steps])
    closest = np.abs(gains[:, None] - predicted).argmin(axis=0)
    there = steps[np.arange(len(depths)), closest] / shortest
    calm = nearest_isometry(data)
    at_calm = steps[np.arange(len(depths)), [int(np.flatnonzero(gains == g)[0]) for g in calm]] / shortest
    scaled = (predicted - 1) * np.sqrt(depths)
    layers = f"{listed(depths, '.0f')} layers"
    return [
        claim(
            f"Orthogonal tanh networks of {layers} learn fastest at a gain above one.",
            above(np.where(np.isfinite(shortest), found, np.nan), 1, what="g "),
            aside=f"in {listed(shortest, '.0f')} steps",
        ),
        claim(
            f"The gain at which orthogonal networks learn fastest falls towards one with depth, {layers}: it never rises, and ends lower.",
            at_most(np.diff(found), 0, what="change with depth "),
            below(found[-1], found[0], what="deepest g "),
        ),
        claim(
            f"Orthogonal networks learn fastest where the predicted mean-square singular value is one, g = {listed(predicted)}: steps at the "
            f"gain of the grid nearest to that, over the fewest, {layers}.",
            below(there, 1.5, ".2f", unit=" times"),
        ),
        claim(
            "The gain of the fewest steps, by a parabola through the three gains around it, is the one at which the mean-square singular "
            f"value is predicted to be one, to a third of g − 1, {layers}.",
            near(vertices, predicted, (predicted - 1) / 3, ".3f", what="g = "),
        ),
        claim(
            f"The gain at which the mean-square singular value is predicted to be one approaches one as 1/√depth: (g − 1)√L is the same "
            f"for {layers} within 5 %.",
            near(scaled, scaled.mean(), 0.05 * scaled.mean()),
        ),
        claim(
            "Isometry alone does not decide: at the gain where the root mean square of ln s is predicted to be least, networks take "
            f"longer than at the fastest, though it is nearer to one, {layers}.",
            above(at_calm, 1.3, ".2f", unit=" times"),
            below(np.abs(calm - 1), np.abs(found - 1), what="distance from one "),
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
    slow, fast = (np.array(each) for each in zip(*pairs, strict=True)) if pairs else (np.zeros(0), np.zeros(0))
    return [
        claim(
            f"Networks of {depths[-1]} layers are more robust to a gain above one than to one below: steps at g = "
            f"{listed([gains[i] for i, _ in sides])} over those at g = {listed([gains[j] for _, j in sides])}; inf where the former never learn.",
            above(np.where(np.isfinite(fast), slow / fast, np.nan), 3, ".1f", unit=" times"),
            aside=f"{listed(fast, '.0f')} steps above one",
        ),
        claim(
            f"A gain that is too large is bad too, g = {gains[-1]:g}: steps over the fewest, at {depths[-1]} layers, and at {depths[0]} layers, "
            "where it matters less.",
            above(steps[-1, -1] / shortest[-1], 3, ".1f", unit=" times"),
            below(steps[0, -1] / shortest[0], steps[-1, -1] / shortest[-1], ".1f", unit=" times"),
        ),
        claim(
            f"At the best gain learning time grows slowly with depth, from {depths[0]} to {depths[-1]} layers, and more slowly than at "
            "g = 1 by more than 0.1.",
            below(growth, 0.7, ".2f", what="exponent "),
            above(growth_at_one, growth + 0.1, ".2f", what="at one "),
        ),
    ]


def start_claims(data: Data) -> list[Claim]:
    """Orthogonal against Gaussian weights."""
    depths, steps = data["depths"], times(data)
    shortest = steps.min(axis=-1)
    ratio = shortest[1] / shortest[0]
    known = np.take_along_axis(data["accuracy"].mean(axis=-1), steps.argmin(axis=-1)[..., None], axis=-1)[..., 0]
    decades = (data["quantiles"][..., -1] - data["quantiles"][..., 0]) / np.log(10)
    one = int(np.abs(data["gains"] - 1).argmin())
    layers = f"{listed(depths, '.0f')} layers"
    return [
        claim(
            f"Gaussian networks take longer than orthogonal ones, each at its best gain, and more so with depth: over orthogonal ones, {layers}.",
            above(ratio[-1], max(3, ratio[0]), ".1f", what="deepest ", unit=" times"),
            aside=f"all depths {listed(ratio, '.1f')}",
        ),
        claim(
            f"Orthogonal networks lose little accuracy on test images with depth, at the best gain: at {depths[-1]} layers at most 3 points "
            f"less than at {depths[0]}.",
            above(100 * known[0, -1], 100 * known[0, 0] - 3, ".1f", unit=" %"),
        ),
        claim(
            f"Gaussian networks lose more: at {depths[-1]} layers they are more than 2 points of accuracy behind orthogonal ones.",
            below(100 * known[1, -1], 100 * known[0, -1] - 2, ".1f", unit=" %"),
            aside=f"{layers}: {listed(100 * known[1], '.1f')} %",
        ),
        claim(
            f"Singular values of Gaussian networks are predicted to spread further than those of orthogonal ones: least ratio of the 5 to "
            f"95 % ranges in decades over {layers} and all gains, and at {depths[-1]} layers and g = 1.",
            above((decades[1] / decades[0]).min(), 1, ".2f", what="least ", unit=" times"),
            above(decades[1, -1, one] / decades[0, -1, one], 10, ".1f", what="at one ", unit=" times"),
            aside=f"{decades[0, -1, one]:.1f} and {decades[1, -1, one]:.1f} decades",
        ),
    ]


def claims(data: Data) -> list[Claim]:
    """Where they learn fastest, how robustly, and from which weights."""
    return [*speed_claims(data), *robustness_claims(data), *start_claims(data)]
