"""The compiled loop: some runs together in one vectorised program."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax

BLOCK = 4096  # examples read out at a time: 60 000 of them in a wide network would fill the memory
OUT_OF_BOUNDS = 1e6  # times the larger of the first loss and that of the zero map: diverged


class Data(NamedTuple):
    """What runs are trained on and read with, in the coordinates that are trained.

    ``order``: example indices of each step, ``(steps, batch)``, or None for all. ``u, v``: modes in columns. ``test``: a
    pair or None.
    """

    x: Any
    y: Any
    order: Any
    v: Any
    test: Any


class Run(NamedTuple):
    """What differs from start to start: weights, biases (``()`` for none) and output sides of the modes; and the rates.

    Inside the loop, one of each for every run; outside, one for every start, and every start runs at every rate.
    """

    weights: Any
    biases: Any
    u: Any
    rate: Any


class Work(NamedTuple):
    """What is compiled into the loop."""

    activation: Callable[..., Any]
    activated_inputs: bool
    loss: str
    mean: bool
    optimiser: Callable[[Any], optax.GradientTransformation]
    ending: bool  # whether there is a loss at which runs end
    stop: str


class Reading(NamedTuple):
    """One record of every run: losses and shares of right answers, training and test, and strengths."""

    loss: Any
    right: Any
    test_loss: Any
    test_right: Any
    strengths: Any


class Progress(NamedTuple):
    """All runs between two records."""

    step: Any
    parameters: Any
    state: Any
    reading: Reading
    learned: Any
    diverged: Any
    bound: Any  # of the loss, known from the first record on


def outputs(parameters: Any, x: Any, work: Work) -> Any:
    """``f(x)`` for inputs in rows."""
    weights, biases = parameters
    h = work.activation(x) if work.activated_inputs else x
    for number, w in enumerate(weights):
        h = (work.activation(h) if number else h) @ w.T
        h = h + biases[number] if biases else h
    return h


def losses(f: Any, y: Any, work: Work) -> Any:
    """Loss of each example, shape ``(examples,)``."""
    if work.loss == "squared":
        return 0.5 * jnp.sum((y - f) ** 2, axis=-1)
    return -jnp.sum(y * jax.nn.log_softmax(f), axis=-1)


def read(parameters: Any, u: Any, x: Any, y: Any, v: Any, work: Work) -> tuple[Any, Any, Any]:
    """Loss, share of right answers and strengths, example by example in blocks."""

    def one(pair: Any) -> Any:
        x, y = pair
        f = outputs(parameters, x, work)
        right = jnp.argmax(f) == jnp.argmax(y)
        return losses(f, y, work), right.astype(f.dtype), (f @ u) * (x @ v) if v.size else ()

    many = jax.vmap(one)((x, y)) if len(x) <= BLOCK else lax.map(one, (x, y), batch_size=BLOCK)
    loss, right, strengths = jax.tree.map(lambda a: jnp.sum(a, axis=0), many)
    return loss / (len(x) if work.mean else 1), right / len(x), strengths if v.size else jnp.zeros(0, x.dtype)


@partial(jax.jit, static_argnames="work")
def trained(runs: Run, data: Data, records: Any, until: Any, *, work: Work) -> Any:
    """Train some runs together until their loss is below ``until``; a scan over records around a loop over the steps between them."""

    def gradient(parameters: Any, step: Any) -> Any:
        x, y = (data.x, data.y) if data.order is None else (data.x[data.order[step]], data.y[data.order[step]])
        scale = 1 / len(x) if work.mean else 1.0
        return jax.grad(lambda p: scale * jnp.sum(losses(outputs(p, x, work), y, work)))(parameters)

    def one_step(parameters: Any, state: Any, rate: Any, step: Any) -> Any:
        updates, state = work.optimiser(rate).update(gradient(parameters, step), state, parameters)
        return optax.apply_updates(parameters, updates), state

    def reading_of(parameters: Any, u: Any) -> Reading:
        loss, right, strengths = read(parameters, u, data.x, data.y, data.v, work)
        test_loss = test_right = jnp.full_like(loss, jnp.nan)
        if data.test is not None:
            test_loss, test_right, _ = read(parameters, u, data.test[0], data.test[1], data.v, work)
        return Reading(loss, right, test_loss, test_right, strengths)

    def ended(now: Progress) -> Any:
        return (now.learned >= 0) | (now.diverged >= 0)

    def over(now: Progress) -> Any:
        return jnp.all(ended(now)) | ((work.stop == "first") & jnp.any(now.learned >= 0))

    def advance(step: Any, moving: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        parameters, state, still = moving
        new = jax.vmap(one_step, in_axes=(0, 0, 0, None))(parameters, state, runs.rate, step)
        if work.ending:  # a run that has learned is frozen

            def kept(old: Any, new: Any) -> Any:
                return jnp.where(still.reshape(still.shape + (1,) * (new.ndim - 1)), old, new)

            new = jax.tree.map(kept, (parameters, state), new)
        return *new, still

    def to_record(now: Progress, record: Any) -> tuple[Progress, Any]:
        def go(now: Progress) -> Progress:
            moving = (now.parameters, now.state, ended(now))
            parameters, state, _ = lax.fori_loop(now.step, record, advance, moving)
            reading = jax.vmap(reading_of)(parameters, runs.u)
            bound = jnp.where(record == 0, OUT_OF_BOUNDS * jnp.maximum(reading.loss, zero), now.bound)
            learned = jnp.where((now.learned < 0) & (reading.loss < until), record, now.learned)
            diverged = jnp.where((now.diverged < 0) & ~(reading.loss <= bound), record, now.diverged)
            return Progress(record, parameters, state, reading, learned, diverged, bound)

        now = lax.cond(over(now), lambda now: now, go, now)
        return now, (now.step, now.reading)

    start = (runs.weights, runs.biases)
    state = jax.vmap(lambda rate, parameters: work.optimiser(rate).init(parameters))(runs.rate, start)
    zero = jnp.sum(losses(jnp.zeros_like(data.y), data.y, work)) / (len(data.x) if work.mean else 1)
    blank, never = jnp.zeros_like(runs.rate), jnp.full(runs.rate.shape, -1, records.dtype)
    nothing = Reading(blank, blank, blank, blank, jnp.zeros((len(blank), data.v.shape[1]), blank.dtype))
    first = Progress(records[0], start, state, nothing, never, never, blank)
    end, (steps, readings) = lax.scan(to_record, first, records)
    return steps, readings, end.learned, end.diverged, end.parameters
