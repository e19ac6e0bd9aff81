"""Tanh networks trained from one start at several rates: the jobs of the figure ``gains``."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.sources import require_name

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.network import Network
    from deeplinear.simulate.nonlinear.training import Training

EARLIEST, DENSITY = 4, 2  # first record after the start, and records in every doubling of the steps


def race(
    *,
    data: str,
    examples: tuple[int, int],
    start: str,
    gain: float,
    depth: int,
    width: int,
    seed: int,
    rates: tuple[float, ...],
    batch: int,
    first: int,
    keep: int,
    steps: int,
    threshold: float,
) -> dict[str, Array]:
    """Train one start at several rates, the promising ones to the end, and say which learned first.

    By successive halving: all rates run ``first`` steps, the ``keep`` with the lowest losses run all of them.

    Args:
        data: ``"mnist"`` or ``"digits"``.
        examples: how many to train on, and to test on.
        start: ``"orthogonal"`` or ``"gaussian"``.
        gain: g, of every layer.
        depth: weight matrices.
        width: of hidden layers.
        seed: of weights and batches.
        rates: learning rates of plain descent, in units of 1 / depth.
        batch: examples a step.
        first: steps of the first round.
        keep: how many rates go on.
        steps: of the last round.
        threshold: mean cross entropy of the training examples below which a network has learned, if it stays there.

    Returns:
        ``learned``, steps to the threshold, between records by interpolation (NaN for never); ``rate``, in units of 1 / depth;
        ``loss`` at the end, of the rate that learned first, or of the lowest one where none did; ``accuracy`` of it on test
        examples.

    Source:
        Successive halving: Jamieson & Talwalkar 2016, arXiv:1502.07943.
    """
    from deeplinear.simulate.nonlinear.train import train

    x, y, test_x, test_y = images(data, *examples)
    network = started(start, [x.shape[1], *[width] * (depth - 1), y.shape[1]], gain, seed)

    def run(which: Array, most: int, when: Array) -> Training:
        options: dict[str, Any] = {"batch": batch, "loss": "cross entropy", "reduction": "mean", "dtype": np.float32}
        return train(network, (x, y), rate=which / depth, steps=most, record=when, rng=seed, **options)

    every = np.array(rates)
    early = run(every, first, np.array([0, first])).loss[:, -1]
    going = every[np.sort(np.argsort(np.where(np.isfinite(early), early, np.inf), kind="stable")[:keep])]
    long = run(going, steps, records(steps))
    times = np.array([crossing(long.times, loss, threshold) for loss in long.loss])
    last = np.where(np.isfinite(long.loss[:, -1]), long.loss[:, -1], np.inf)
    best = int(np.lexsort((last, np.where(np.isnan(times), np.inf, times)))[0])
    accuracy = (long.network(best)(test_x).argmax(axis=1) == test_y.argmax(axis=1)).mean()
    return {"learned": times[best], "rate": going[best], "loss": last[best], "accuracy": accuracy}


def records(steps: int) -> Array:
    """Steps at which the loss is read: the start, then evenly spaced in logarithm to the end."""
    count = int(np.ceil(DENSITY * np.log2(steps / EARLIEST))) + 1
    return np.unique(np.round(np.r_[0, np.geomspace(EARLIEST, steps, count)]).astype(int))


def crossing(times: Array, loss: Array, threshold: float) -> float:
    """When the loss falls below a threshold for good, between records by a straight line in its logarithm; NaN for never."""
    above = np.flatnonzero(~(loss < threshold))
    after = 0 if len(above) == 0 else int(above[-1]) + 1
    if after == len(loss):
        return np.nan
    if after == 0:
        return float(times[0])
    high, low = np.log(loss[after - 1]), np.log(loss[after])
    share = (high - np.log(threshold)) / (high - low) if np.isfinite(high) else 1.0
    return float(times[after - 1] + share * (times[after] - times[after - 1]))


def started(start: str, widths: list[int], gain: float, seed: int) -> Network:
    """A tanh network without biases."""
    from deeplinear import initial
    from deeplinear.network import Network

    rng = np.random.default_rng([seed, len(widths)])
    if start == "orthogonal":
        return Network(initial.orthogonal(widths, gain=gain, rng=rng), "tanh")
    return Network(initial.gaussian(widths, scale=gain, rng=rng), "tanh")


@lru_cache(maxsize=2)
def images(data: str, train: int, test: int) -> tuple[Array, Array, Array, Array]:
    """Training and test images with one-hot labels; the mean image is taken off, and every image has mean square 1.

    So every pre-activation of the first layer has variance g², which the predicted laws start from.
    """
    require_name("gains", data)
    if data == "mnist":
        from deeplinear.data.mnist import load_mnist

        (x, y), (test_x, test_y) = load_mnist("train", train), load_mnist("test", test)
    else:
        from deeplinear.data.digits import load_digits

        x, y = load_digits()
        x, test_x, y, test_y = x[:train], x[train : train + test], y[:train], y[train : train + test]
    mean = x.mean(axis=0)
    return unit(x - mean), y, unit(test_x - mean), test_y


def unit(x: Array) -> Array:
    """Rows scaled to mean square 1."""
    return x / np.sqrt(np.mean(x**2, axis=1, keepdims=True))
