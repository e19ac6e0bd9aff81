"""Beyond the paper: deep tanh networks do learn fastest from orthogonal weights just beyond the edge of chaos.

The paper's last section hopes that gains slightly above one suit the training of deep nonlinear networks, since there a
large share of the singular values of the Jacobian is O(1); it trains none. Here they are trained: tanh networks without
biases of 10, 30 and 100 weight matrices on MNIST, from orthogonal and Gaussian weights of many gains, by plain descent on
mini-batches, cross entropy, each at the best of a few learning rates. Above, how long they take to learn; in the middle,
what they know on test images; below, what free probability predicts for the singular values of the Jacobian between first
and last hidden layer, on the same axis of gains.

Inputs have mean zero, and mean square 1 each, so that the first pre-activations have variance g².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deeplinear.figures.gain_claims import STARTS, claims, fastest, isometric
from deeplinear.figures.gain_runs import race
from deeplinear.figures.palette import BLUE, GREY, INK, VERMILION, label, quiet, written
from deeplinear.sweep import sweep

if TYPE_CHECKING:
    from deeplinear.task import Array

__all__ = ["PAPER", "QUICK", "SIZE", "claims", "compute", "draw"]

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "data": "mnist",
    "examples": (3000, 3000),
    "depths": (10, 30, 100),
    "gains": (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 2.0),
    "seeds": 2,
    "width": 300,
    "rates": (0.1, 0.3, 1.0, 3.0, 10.0),
    "batch": 64,
    "first": 40,
    "keep": 2,
    "steps": 200,
    "threshold": 0.5,
}
QUICK: dict[str, Any] = PAPER | {
    "data": "digits",
    "examples": (1000, 500),
    "depths": (10, 30),
    "gains": (0.8, 0.9, 1.0, 1.1, 1.25, 1.6),
    "seeds": 1,
    "width": 100,
    "rates": (0.3, 1.0, 3.0),
    "batch": 32,
    "first": 16,
    "steps": 96,
}
SIZE = (12.6, 8.4)
COLOURS = {"orthogonal": VERMILION, "gaussian": BLUE}
LEVELS = (0.05, 0.5, 0.95)
FINE = 91


def compute(
    *,
    data: str,
    examples: tuple[int, int],
    depths: tuple[int, ...],
    gains: tuple[float, ...],
    seeds: int,
    width: int,
    rates: tuple[float, ...],
    batch: int,
    first: int,
    keep: int,
    steps: int,
    threshold: float,
) -> Data:
    """Learning times and accuracies over gains and depths, and predicted singular values.

    Args:
        data: ``"mnist"`` or ``"digits"``.
        examples: how many to train on, and to test on.
        depths: numbers of weight matrices.
        gains: g of every layer.
        seeds: of weights and batches.
        width: of hidden layers.
        rates: learning rates, in units of 1 / depth.
        batch: examples a step.
        first: steps for which all rates run.
        keep: how many of them run on.
        steps: most steps.
        threshold: mean cross entropy at which a network has learned.

    Returns:
        ``learned`` (steps, NaN for never), ``rate``, ``loss`` and ``accuracy`` of shape ``(starts, depths, gains, seeds)``,
        starts as in `STARTS`; ``quantiles`` of ln s at `LEVELS`, ``(starts, depths, gains, levels)``, and ``distance``,
        the root mean square of ln s, ``(starts, depths, gains, 1)``; ``log_rms``, ln of the root mean square of s, ``(depths,
        fine gains)`` at ``fine``.
    """
    common = {"data": data, "examples": examples, "width": width, "rates": rates, "batch": batch, "first": first}
    common |= {"keep": keep, "steps": steps, "threshold": threshold}
    fine = np.linspace(min(gains), max(gains), FINE)
    return {
        "depths": np.array(depths),
        "gains": np.array(gains),
        "steps": np.array(steps),
        **trained(common, depths, gains, seeds),
        **foretold(depths, gains),
        "fine": fine,
        "log_rms": np.array([[log_rms(depth, g) for g in fine] for depth in depths]),
    }


def trained(common: dict[str, Any], depths: tuple[int, ...], gains: tuple[float, ...], seeds: int) -> Data:
    """What `race` measures, as arrays of shape ``(starts, depths, gains, seeds)``; the first seed is finished first."""
    shape = (seeds, len(depths), len(STARTS), len(gains))
    places = list(np.ndindex(*shape))
    places.sort(key=lambda place: (place[0], -depths[place[1]]))
    jobs = [
        common | {"seed": seed, "depth": depths[d], "start": STARTS[s], "gain": gains[g]} for seed, d, s, g in places
    ]
    found = dict(zip(places, sweep(race, jobs), strict=True))
    return {
        name: np.moveaxis(np.array([found[place][name] for place in np.ndindex(*shape)]).reshape(shape), (0, 2), (3, 0))
        for name in found[places[0]]
    }


def foretold(depths: tuple[int, ...], gains: tuple[float, ...]) -> Data:
    """What `predicted` says, as arrays of shape ``(starts, depths, gains, ...)``."""
    jobs = [{"start": start, "depth": depth, "gain": gain} for start in STARTS for depth in depths for gain in gains]
    laws = sweep(predicted, jobs)
    shape = (len(STARTS), len(depths), len(gains))
    return {name: np.array([law[name] for law in laws]).reshape(*shape, -1) for name in laws[0]}


def predicted(*, start: Literal["orthogonal", "gaussian"], depth: int, gain: float) -> dict[str, Array]:
    """Quantiles of ln s, and the root mean square of ln s, between first and last hidden layer of a wide network."""
    from deeplinear.propagation import jacobian_spectrum

    squares = jacobian_spectrum("tanh", gain=gain, depth=depth - 2, input_variance=gain**2, weights=start)
    law = squares.logarithm()
    return {
        "quantiles": law.ppf(np.array(LEVELS)) / 2,
        "distance": np.array([np.sqrt(law.expect(np.square)) / 2]),
    }


def log_rms(depth: int, gain: float) -> float:
    """``½ Σ_l ln g² E[φ'(√q_l z)²]`` over the same layers: ln of the root mean square of s."""
    from deeplinear.propagation import MeanField, variances

    q = variances("tanh", gain=gain, depth=depth - 3, input_variance=gain**2)
    return sum(float(np.log(MeanField("tanh", gain).gradient_growth(each))) for each in q) / 2
