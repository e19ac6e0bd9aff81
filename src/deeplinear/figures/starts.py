"""How fast a network learns from one kind of start: the jobs of Fig. 6A."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.search import fastest
from deeplinear.figures.sources import Source, task_of

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.initial.pretrained import Pretraining
    from deeplinear.reduction import Reduction
    from deeplinear.task import Task
    from deeplinear.weights import Weights

STARTS = ("gaussian", "glorot", "orthogonal", "pretrained")
MEASURED = ("iterations", "rate", "held_iterations", "held_rate", "left")


def study(
    *,
    data: Source,
    inputs: Any,
    start: str,
    layers: tuple[int, ...],
    width: int,
    seed: int,
    targets: tuple[float, ...],
    rates: tuple[float, float, float],
    steps: int,
    hold: int,
    pretraining: dict[str, Any],
    double: bool = False,
) -> dict[str, Array]:
    """The fastest rate for each target and each number of layers, from one kind of start.

    Args:
        data: as in `deeplinear.figures.sources.task_of`.
        inputs: ``"white"``, ``"centred"`` or ``"raw"``.
        start: one of `STARTS`.
        layers: the paper's N_l, each to be run.
        width: of hidden layers.
        seed: of the start.
        targets: losses at which a network has learned; up to 1, shares of what can be learned.
        rates: the fastest, how many a decade, and the slowest.
        steps: most iterations.
        hold: iterations for which a network must stay below the threshold to have learned for good.
        pretraining: options of ``deeplinear.initial.pretrained``.
        double: descend in float64.

    Returns:
        `MEASURED` and ``epochs`` of pretraining, each of shape ``(targets, layers)``.
    """
    task = task_of("fig6a", data, inputs)
    top, a_decade, slowest = rates
    grid = top * 10 ** -(np.arange(round(np.log10(top / slowest) * a_decade) + 1) / a_decade)
    found = {name: np.zeros((len(targets), len(layers))) for name in (*MEASURED, "epochs")}
    first = task.output_power / 2
    stack = pretrained_stack(task, max(layers), width, seed, pretraining) if start == "pretrained" else None
    for column, count in enumerate(layers):
        weights, epochs = started(task, start, [task.n_in, *[width] * (count - 2), task.n_out], seed, stack)
        for row, target in enumerate(targets):
            threshold = first - target * (first - task.floor) if target <= 1 else target
            kind = np.float64 if double else np.float32
            one = fastest(task, weights, grid=grid, threshold=threshold, steps=steps, hold=hold, dtype=kind)
            for name in MEASURED:
                found[name][row, column] = one[name]
            found["epochs"][row, column] = epochs
    return found


def started(
    task: Task, start: str, widths: list[int], seed: int, stack: Pretraining | None
) -> tuple[Weights | Reduction, int]:
    """One start, and the epochs spent on it. Orthogonal ones are sampled where they move, which is exact."""
    from deeplinear import initial

    if stack is not None:
        net = stack.first(len(widths) - 1)
        return net.weights, net.cost
    rng = np.random.default_rng([seed, len(widths)])
    if start == "orthogonal":
        return initial.reduced_orthogonal(task, widths, rng=rng), 0
    return getattr(initial, start)(widths, rng=rng), 0


def pretrained_stack(task: Task, layers: int, width: int, seed: int, options: dict[str, Any]) -> Pretraining:
    """The stack of the deepest net, whose first layers are the shallower nets."""
    from deeplinear import initial

    return initial.pretrained(task, [task.n_in, *[width] * (layers - 2), task.n_out], rng=seed, **options)
