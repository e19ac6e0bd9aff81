"""Descent of narrow networks: all runs in one compiled loop (JAX), on whatever device JAX has."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from deeplinear.simulate.linear.problem import Batches, Problem, Trace
from deeplinear.simulate.linear.schedule import Schedule
from deeplinear.weights import Weights, oriented

EXACTLY = lax.Precision.HIGHEST  # a GPU would otherwise round float32 products to 10 bits


class Layers(NamedTuple):
    """Weights as three arrays: first ``(h, d_0)``, middle ``(L − 2, h, h)``, last ``(d_L, h)``, h the widest hidden.

    Narrower hidden layers are padded with zeros, which stay zero: their gradients are products with zeros. A single
    layer is ``first`` under an identity that never moves.
    """

    first: Any
    middle: Any
    last: Any


class State(NamedTuple):
    """One run between two steps: weights, velocities, and what the last downward pass found."""

    layers: Layers
    velocity: Layers
    above: Any  # products of the layers above each middle layer, (L − 2, d_L, h)
    below: Any  # product of all layers above the first, (d_L, h)
    end_to_end: Any  # (d_L, d_0)


class Progress(NamedTuple):
    """All runs between two steps."""

    step: Any
    state: State
    excess: Any
    learned: Any
    diverged: Any


class Target(NamedTuple):
    """What a run descends to, oriented like its layers: optimum, input powers (as a row or column), mode readout."""

    optimum: Any
    powers: Any
    u: Any
    v: Any


def packed(starts: list[Weights]) -> Layers:
    """Stack starts of equal shapes into `Layers` with a leading axis of starts."""
    shapes = [w.shape for w in starts[0]]
    outputs = shapes[-1][0]
    if len(shapes) == 1:
        eye = np.broadcast_to(np.eye(outputs), (len(starts), outputs, outputs))
        return Layers(np.stack([w[0] for w in starts]), np.zeros((len(starts), 0, outputs, outputs)), eye)
    h = max(shape[1] for shape in shapes[1:])
    first = np.zeros((len(starts), h, shapes[0][1]))
    middle = np.zeros((len(starts), len(shapes) - 2, h, h))
    last = np.zeros((len(starts), outputs, h))
    for i, weights in enumerate(starts):
        first[i, : shapes[0][0]] = weights[0]
        last[i, :, : shapes[-1][1]] = weights[-1]
        for j, w in enumerate(weights[1:-1]):
            middle[i, j, : w.shape[0], : w.shape[1]] = w
    return Layers(first, middle, last)


def unpacked(layers: Layers, index: int, like: Weights, mirrored: bool) -> Weights:
    """The weights of one run, in the shapes and orientation of ``like``."""
    stack = [layers.first[index], *layers.middle[index], layers.last[index]]
    shapes = [w.shape for w in oriented(like, mirrored)]
    cut = tuple(array[:rows, :columns] for array, (rows, columns) in zip(stack, shapes, strict=len(like) > 1))
    return oriented(tuple(np.asarray(w, dtype=np.float64) for w in cut), mirrored)


def looked_down(layers: Layers, velocity: Layers) -> State:
    """Multiply from the outputs down: every product has d_L rows."""

    def pull(product: Any, w: Any) -> tuple[Any, Any]:
        return jnp.matmul(product, w, precision=EXACTLY), product

    below, above = lax.scan(pull, layers.last, layers.middle, reverse=True)
    return State(layers, velocity, above, below, jnp.matmul(below, layers.first, precision=EXACTLY))


def stepped(state: State, error: Any, rate: Any, momentum: float, weight_decay: float, single: bool) -> State:
    """One descent step: carry the error up in panels of d_L columns; layer l moves by ``B_lᵀ (A_{l-1} errorᵀ)ᵀ``."""

    def moved(w: Any, v: Any, direction: Any) -> tuple[Any, Any]:
        v = momentum * v + direction - weight_decay * w if momentum else direction - weight_decay * w
        return w + rate * v, v if momentum else direction[:0]

    def push(panel: Any, layer: Any) -> tuple[Any, Any]:
        w, v, above = layer
        new = moved(w, v, jnp.matmul(above.T, panel.T, precision=EXACTLY))
        return jnp.matmul(w, panel, precision=EXACTLY), new

    layers, velocity = state.layers, state.velocity
    first, v_first = moved(layers.first, velocity.first, jnp.matmul(state.below.T, error, precision=EXACTLY))
    if single:
        return looked_down(layers._replace(first=first), velocity._replace(first=v_first))
    panel = jnp.matmul(layers.first, error.T, precision=EXACTLY)
    panel, (middle, v_middle) = lax.scan(push, panel, (layers.middle, velocity.middle, state.above))
    last, v_last = moved(layers.last, velocity.last, panel.T)
    return looked_down(Layers(first, middle, last), Layers(v_first, v_middle, v_last))


@partial(jax.jit, static_argnames=("stop", "momentum", "weight_decay", "read_maps", "single", "mirrored"))
def descended(
    layers: Layers,
    target: Target,
    rates: Any,
    records: Any,
    threshold: Any,
    bound: Any,
    batches: Any,
    *,
    stop: str,
    momentum: float,
    weight_decay: float,
    read_maps: bool,
    single: bool,
    mirrored: bool,
) -> Any:
    """The whole descent of all runs; a scan over the recorded steps around a loop over the steps between them."""

    def error(state: State, target: Target, step: Any) -> Any:
        if batches is None:
            return (target.optimum - state.end_to_end) * target.powers
        x, y, order, scale = batches
        seen, wanted = x[order[step]], y[order[step]]
        heard = jnp.matmul(seen, state.end_to_end if mirrored else state.end_to_end.T, precision=EXACTLY)
        found = scale * jnp.matmul((wanted - heard).T, seen, precision=EXACTLY)
        return found.T if mirrored else found

    def one(state: State, target: Target, rate: Any, step: Any) -> State:
        return stepped(state, error(state, target, step), rate, momentum, weight_decay, single)

    def judged(step: Any, state: State, learned: Any, diverged: Any) -> Progress:
        excess = 0.5 * jnp.sum(target.powers * (target.optimum - state.end_to_end) ** 2, axis=(-2, -1))
        learned = jnp.where((learned < 0) & (excess < threshold), step, learned)
        diverged = jnp.where((diverged < 0) & ~(excess <= bound), step, diverged)
        return Progress(step, state, excess, learned, diverged)

    def over(now: Progress) -> Any:
        ended = (now.learned >= 0) | (now.diverged >= 0)
        return jnp.all(ended) | ((stop == "first") & jnp.any(now.learned >= 0))

    def advance(now: Progress) -> Progress:
        moving = jnp.where(now.learned < 0, rates, 0.0)  # a run that has learned is frozen
        state = jax.vmap(one, in_axes=(0, 0, 0, None))(now.state, target, moving, now.step)
        return judged(now.step + 1, state, now.learned, now.diverged)

    def until(now: Progress, record: Any) -> tuple[Progress, Any]:
        now = lax.while_loop(lambda p: (p.step < record) & ~over(p), advance, now)
        maps = now.state.end_to_end
        strengths = jnp.einsum("nia,nij,nja->na", target.u, maps, target.v, optimize=True, precision=EXACTLY)
        return now, (now.step, now.excess, maps if read_maps else strengths)

    velocity = jax.tree.map(jnp.zeros_like if momentum else lambda w: w[..., :0, :], layers)
    never = jnp.full(rates.shape, -1)
    start = judged(jnp.zeros((), never.dtype), jax.vmap(looked_down)(layers, velocity), never, never)
    end, (steps, excess, reading) = lax.scan(until, start, records)
    return steps, excess, reading, end.learned, end.diverged, end.state.layers


def run(problems: list[Problem], schedule: Schedule, batches: Batches | None, dtype: type) -> Trace:
    """Descend from all starts at all rates at once, in ``dtype``; float64 is switched on for this call only."""
    mirrored, like = problems[0].mirrored, problems[0].weights
    each = np.atleast_1d(schedule.rates)
    rates = np.tile(each, len(problems))
    layers = packed([oriented(p.weights, mirrored) for p in problems])
    targets = [
        Target(p.optimum.T, p.powers[:, None], p.v, p.u) if mirrored else Target(p.optimum, p.powers[None], p.u, p.v)
        for p in problems
    ]
    target = Target(*map(np.stack, zip(*targets, strict=True)))
    with jax.enable_x64(True):

        def put(array: Any) -> Any:
            return jnp.asarray(array, dtype)

        def repeated(array: Any) -> Any:
            return jnp.repeat(put(array), len(each), axis=0)

        data = batches and (put(batches.x), put(batches.y), jnp.asarray(batches.order), put(batches.scale))
        found = descended(
            Layers(*map(repeated, layers)),
            Target(*map(repeated, target)),
            put(rates),
            jnp.asarray(schedule.records),
            put(schedule.threshold),
            put(schedule.bound),
            data,
            stop=schedule.stop,
            momentum=schedule.momentum,
            weight_decay=schedule.weight_decay,
            read_maps=schedule.read_maps,
            single=len(like) == 1,
            mirrored=mirrored,
        )
        *found, last = jax.tree.map(np.asarray, found)
    steps, excess, reading, learned, diverged = found
    kept = slice(0, int(np.argmax(steps == steps[-1])) + 1)  # a descent that ended early repeats its last record
    reading = reading[kept].swapaxes(0, 1).astype(np.float64)
    return Trace(
        steps[kept].astype(np.intp),
        excess[kept].T.astype(np.float64),
        reading.swapaxes(-1, -2) if mirrored and schedule.read_maps else reading,
        learned.astype(np.intp),
        diverged.astype(np.intp),
        [unpacked(last, i, like, mirrored) for i in range(len(rates))],
    )
