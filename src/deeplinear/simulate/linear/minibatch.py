"""Mini-batch gradient descent on the examples themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag, generator, whole_number
from deeplinear.arrays import as_float
from deeplinear.reduction.subspaces import reduced, unreduced
from deeplinear.simulate.linear.descent import performed
from deeplinear.simulate.linear.problem import Batches
from deeplinear.simulate.linear.run import Run
from deeplinear.simulate.linear.schedule import require_order, scheduled
from deeplinear.task import Task
from deeplinear.weights import checked


def descend_minibatch(
    x: ArrayLike,
    y: ArrayLike,
    weights: Sequence[ArrayLike],
    *,
    rate: ArrayLike,
    batch: int,
    steps: int,
    record: int | ArrayLike | None = None,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    rng: int | np.random.Generator | None = None,
    reduce: bool = True,
) -> Run:
    """Stochastic gradient descent: every step sees ``batch`` examples, in a new random order each epoch.

    The error of a batch is formed at the outputs, ``Σ (y − W x) xᵀ``, and then carried through the layers in panels of
    n_out columns, as in `deeplinear.descend`. The exact reduction holds for every batch, since the whole input space is
    kept: hidden layers shrink to n_in + n_out dimensions from orthogonal starts and to the rank from decoupled ones.

    Args:
        x: inputs, one example a row, shape ``(examples, n_in)``.
        y: targets, shape ``(examples, n_out)``.
        weights: the start ``(W1, …, WL)``.
        rate: learning rate η > 0 on the *sum* over a batch, or several, shape ``(rates,)``, which see the same batches.
        batch: examples a step, from 1 to all; all of them is `deeplinear.descend`.
        steps: how many steps; an epoch has ``examples // batch``, a remainder is left out.
        record: as in `deeplinear.descend`; the recorded loss is that of all examples.
        momentum: heavy-ball momentum, in [0, 1).
        weight_decay: L2 penalty, ``>= 0``.
        rng: seed or generator of the order.
        reduce: False runs the network at its full width.

    Returns:
        A `Run`; times count steps.

    Raises:
        ValueError: an argument out of range, data or weights that do not fit, or a single run that diverged.

    Example:
        >>> import numpy as np, deeplinear as dl
        >>> x = np.random.default_rng(0).normal(size=(100, 3))
        >>> start = dl.initial.orthogonal([3, 20, 1], rng=0)
        >>> run = descend_minibatch(x, x @ [[1.0], [2.0], [3.0]], start, rate=0.01, batch=10, steps=200, rng=0)
        >>> bool(run.loss[-1] < 1e-6 * run.loss[0])
        True
    """
    task = Task.from_data(x, y)
    xs = as_float("descend_minibatch needs real numbers, got x=", x)
    ys = as_float("descend_minibatch needs real numbers, got y=", y).reshape(len(xs), -1)
    advice = f"a step takes that many of the examples. Pass for example {min(32, len(xs))}."
    batch = whole_number("descend_minibatch", "batch", batch, 1, len(xs), advice)
    asked = {"rate": rate, "steps": steps, "until": None, "stop": "all", "record": record}
    schedule = scheduled(task, "descend_minibatch", **asked, momentum=momentum, weight_decay=weight_decay)
    start, reduce = checked(weights, task), flag("descend_minibatch", "reduce", reduce)
    found = reduced(task, start, any_data=True) if reduce else unreduced(task, start)
    require_order("descend_minibatch", steps, batch)
    first, last = found.bases[0], found.bases[-1]
    assert first is not None  # it diagonalises Σ¹¹
    rng = generator("descend_minibatch", rng)
    each = len(xs) // batch
    order = np.concatenate(
        [rng.permutation(len(xs))[: each * batch] for _ in range(-(-int(schedule.records[-1]) // each))]
    )
    batches = Batches(
        xs @ first, ys if last is None else ys @ last, order.reshape(-1, batch)[: int(schedule.records[-1])], 1.0
    )
    return performed(task, [found], schedule, seeds=False, dtype=np.float64, name="mini-batch descent", batches=batches)
