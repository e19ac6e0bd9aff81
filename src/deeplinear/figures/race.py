"""Fig. 5, right: one network trained from small random weights or from pretrained ones, at many rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.figures.sources import Source, task_of

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.task import Inputs


def race(
    *,
    data: Source,
    inputs: Inputs,
    start: str,
    hidden: tuple[int, ...],
    std: float,
    epochs: int,
    left: float,
    common: float,
    rates: tuple[float, ...],
    share: float,
    steps: int,
    long: int,
    every: int,
    rng: int,
) -> dict[str, Array]:
    """Train one start at a common rate for long, and at each of a grid of rates.

    Args:
        data: as in `deeplinear.figures.sources.task_of`.
        inputs: ``"raw"`` or ``"centred"``.
        start: ``"random"`` or ``"pretrained"``.
        hidden: widths of the hidden layers.
        std: of all random weights: those of the random start, of encoders and decoders before pretraining (of the first;
            of the others too where hidden widths are equal, since all layers start at one strength), and of the readout.
        epochs: of pretraining, at most, for each layer.
        left: share of the power, as far as the layer can reconstruct it, at which a layer is done before that.
        common: rate of everything in the long run, in units of 1 / the largest input power.
        rates: the grid, in the same units.
        share: of what can be learned at which a run has learned, for good.
        steps: of each run of the grid.
        long: steps of the long run.
        every: steps between recorded points of the long run.
        rng: seed.

    Returns:
        ``loss`` of the long run at ``times``; ``learned``, the step from which on a run of the grid stays below the
        threshold (NaN for never), and ``best``, the loss of the fastest; for a pretrained start also ``errors`` of its
        layers, ``theory`` (the loss if every component is on its own), and how ``mixed`` the encoders leave the components.
    """
    from deeplinear import initial
    from deeplinear.initial.consistency import consistency
    from deeplinear.initial.pretrained import pretrained
    from deeplinear.simulate.linear.descent import descend
    from deeplinear.task.alignment import off_diagonal_share

    task = task_of("fig5", data, inputs)
    widths, unit = [task.n_in, *hidden, task.n_out], 1 / float(task.input_modes[0][0])
    found: dict[str, Array] = {}
    if start == "random":
        weights = initial.gaussian(widths, std=std, rng=rng)
    else:
        strength = std**2 * hidden[0]
        scale = std * np.sqrt(hidden[-1])
        stack = pretrained(
            task, widths, epochs=epochs, share=left, rate=common * unit, strength=strength, readout=scale, rng=rng
        )
        weights = stack.weights
        through = np.linalg.multi_dot([*stack.encoders[::-1], task.input_modes[1] * np.sqrt(task.input_modes[0])])
        found["errors"] = np.stack([np.pad(e, (0, epochs + 1 - len(e)), mode="edge") for e in stack.errors])
        found["spent"] = np.array(stack.epochs)
        found["mixed"] = np.array(off_diagonal_share(through.T @ through))
        found["theory"] = consistency(task).fine_tuning(
            np.arange(0, long + 1, every),
            rate=common * unit,
            epochs=stack.epochs,
            layers=len(hidden),
            width=min(hidden),
            strength=strength / 2,  # of a random start only the growing combination (a + b)/2 counts
            pretraining_rate=common * unit,
        )
    threshold = task.output_power / 2 * (1 - share) + share * task.floor
    run = descend(task, weights, rate=common * unit, steps=long, record=every)
    grid = descend(task, weights, rate=unit * np.array(rates), steps=steps, record=1)
    learned = np.array([settled(loss, threshold) for loss in grid.loss])
    best = int(np.nanargmin(learned))
    return found | {
        "times": run.times,
        "loss": run.loss,
        "learned": learned,
        "best": grid.loss[best],
        "best_rate": np.array(rates[best]),
        "floor": np.array(task.floor),
        "first": np.array(task.output_power / 2),
        "threshold": np.array(threshold),
    }


def settled(loss: Array, threshold: float) -> float:
    """The first index from which on ``loss`` stays below the threshold; NaN where it ends above."""
    above = np.flatnonzero(~(loss < threshold))
    after = 0 if len(above) == 0 else int(above[-1]) + 1
    return float(after) if after < len(loss) else np.nan
