"""All starts at all rates, in reduced coordinates, and what was recorded dressed as a `Training`."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.reduction.outputs_inputs import Parameters, Sides
from deeplinear.simulate.linear.schedule import require_order
from deeplinear.simulate.nonlinear.batching import run
from deeplinear.simulate.nonlinear.compiled import Data, Run, Work
from deeplinear.simulate.nonlinear.options import Plan
from deeplinear.simulate.nonlinear.training import Training
from deeplinear.task.examples import Examples


def performed(
    sides: list[Sides],
    examples: Examples,
    tested: Examples | None,
    plan: Plan,
    modes: tuple[Array, Array, Array],
    *,
    seeds: bool,
    rng: np.random.Generator,
) -> Training:
    """Run all starts at all rates and dress what was recorded as a `Training`."""
    u, v, s = modes
    first, network = sides[0], sides[0].network
    rng_order = None if plan.batch is None else shuffled(len(examples.x), plan.batch, int(plan.records[-1]), rng)
    test = None if tested is None else (tested.x, tested.y)
    data = Data(first.inside(examples.x, first.inputs), first.inside(examples.y, first.outputs), rng_order, None, test)
    data = data._replace(v=first.inside(v.T, first.inputs).T)
    starts = [each.start for each in sides]
    weights, biases = (
        tuple(np.stack(layer) for layer in zip(*each, strict=True)) for each in zip(*starts, strict=True)
    )
    runs = Run(
        weights, biases, np.stack([each.inside(u.T, each.outputs).T for each in sides]), np.atleast_1d(plan.rates)
    )
    work = Work(
        network.activation.jax,
        network.activated_inputs,
        plan.loss,
        plan.mean,
        plan.optimiser,
        plan.until > -np.inf,
        plan.stop,
    )
    steps, reading, learned, diverged, parameters = run(
        runs, data, plan.records, plan.until - examples.floor, work, plan.dtype
    )
    shape = (len(sides),) * seeds + plan.rates.shape

    def shaped(array: Array) -> Array:
        return array.reshape(shape + array.shape[1:])

    if not shape and diverged[0] >= 0:
        raise ValueError(
            f"train needs a stable rate, got rate={float(plan.rates):.6g}: the loss diverged at step {diverged[0]}. "
            f"Pass a smaller rate, or a list of rates to see where it breaks."
        )
    lost = (diverged >= 0)[:, None] & (steps >= diverged[:, None])
    known, asked = (np.nan if not each else 1.0 for each in (examples.one_hot, tested is not None and tested.one_hot))
    return Training(
        times=steps.astype(np.float64),
        loss=shaped(np.where(lost, np.inf, reading.loss + examples.floor)),
        strengths=shaped(reading.strengths),
        targets=s,
        name=f"training of a {network.activation.name} network",
        map_source=no_map,
        rates=plan.rates,
        accuracy=shaped(reading.right * known),
        test_loss=shaped(reading.test_loss),
        test_accuracy=shaped(reading.test_right * asked),
        learned_at=shaped(np.where(learned >= 0, learned, np.nan)),
        diverged_at=shaped(np.where(diverged >= 0, diverged, np.nan)),
        reduction=tuple(sides) if seeds else first,
        activation=network.activation,
        activated_inputs=network.activated_inputs,
        parameter_source=partial(lifted, sides, parameters, shape),
    )


def lifted(sides: list[Sides], parameters: Parameters, shape: tuple[int, ...]) -> Parameters:
    """Final weights and biases of all runs, in all outputs and inputs, with batch axes of this shape."""
    runs = len(parameters[0][0])
    found = [
        sides[i * len(sides) // runs].lift(jax.tree.map(lambda a, i=i: a[i].astype(np.float64), parameters))
        for i in range(runs)
    ]
    return tuple(
        tuple(np.stack(layer).reshape(shape + layer[0].shape) for layer in zip(*each, strict=True))
        for each in zip(*found, strict=True)
    )  # type: ignore[return-value]


def shuffled(examples: int, batch: int, steps: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Example indices of each step, ``(steps, batch)``: every epoch in a new order, a remainder left out."""
    require_order("train", steps, batch)
    each = examples // batch
    order = np.concatenate([rng.permutation(examples)[: each * batch] for _ in range(-(-steps // each))])
    return order.reshape(-1, batch)[:steps]


def no_map() -> Array:
    """What `Training.maps` says."""
    raise ValueError(
        "maps need a linear network, got a training: with an activation there is no end-to-end matrix. Read .network() and "
        "call it on inputs."
    )
