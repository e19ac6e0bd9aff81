"""Which exact solution, if any, describes this network: the choice among the laws of the registry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.exact.law import Law
from deeplinear.exact.registry import FORMULAS, Formula
from deeplinear.exact.start import Start
from deeplinear.task import Task, a_task
from deeplinear.weights import checked

TOLERANCE = 1e-9  # largest residual of a condition at which a law still counts as exact


def solve(
    task: Task,
    weights: Sequence[ArrayLike],
    *,
    tau: float = 1.0,
    law: str | None = None,
    tolerance: float = TOLERANCE,
) -> Law:
    """The exact solution of gradient flow from these weights: the first law whose conditions hold.

    Args:
        task: what to learn.
        weights: the start ``(W1, …, WL)``.
        tau: ``1 / learning rate`` when times count epochs, ``> 0``.
        law: part of a law's name, to ask for that one only.
        tolerance: largest residual of a condition that passes. Beyond the default a law is only as exact as this: for
            weights that were rounded, such as float32 ones.

    Returns:
        A `Law`: call it with times for a `Curve`. Its ``conditions`` hold the measured residuals.

    Raises:
        ValueError: weights that do not fit the task, tau not positive, no law of that name, or no law whose conditions
            hold; the message names the condition that failed, by how much, and what to call instead.
        TypeError: no task.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, sections 1 and 2; each law names its own equation.

    Example:
        >>> import numpy as np
        >>> weights = [np.diag([0.1, 0.2]), np.diag([0.1, 0.2]), np.diag([0.1, 0.2])]
        >>> law = solve(Task.from_modes([3.0, 1.0]), weights)
        >>> law.name
        'equal layers of any depth (Saxe et al. 2014, eq. 15 integrated)'
        >>> law.learning_time(0.5).round(3)
        array([3.136, 4.13 ])
    """
    a_task("solve", task)
    layers = checked(weights, task)
    tau = float(checks.time_constant("solve", tau))
    if law is not None and not isinstance(law, str):
        raise ValueError(
            f"solve needs part of a law's name, got law={law!r}: laws are asked for by name. See deeplinear laws."
        )
    fitting = [formula for formula in FORMULAS if formula.fits(len(layers))]
    candidates = [
        formula
        for formula in fitting
        if (formula.kind != "recursion" if law is None else law.lower() in formula.name.lower())
    ]
    if not candidates:
        names = "; ".join(formula.name for formula in fitting)
        raise ValueError(
            f"solve needs part of the name of a law for {len(layers)} layers, got law={law!r}: there is none such. Pick "
            f"from: {names}."
        )
    start = Start(task, layers)
    for formula in candidates:
        if not failures(formula, start, tolerance):
            conditions = {need: start.residual(need) for need in formula.needs}
            path = formula.trajectory(start, tau)
            return Law(formula.name, formula.source, formula.kind, conditions, task, layers, tau, path)
    nearest = min(
        candidates, key=lambda formula: max(start.residual(need) for need in failures(formula, start, tolerance))
    )
    raise ValueError(refusal(nearest, start, tolerance, forced=law is not None))


def failures(formula: Formula, start: Start, tolerance: float) -> list[str]:
    """Conditions of a formula that do not hold."""
    return [need for need in formula.needs if not start.residual(need) <= tolerance]


def refusal(formula: Formula, start: Start, tolerance: float, *, forced: bool) -> str:
    """Why not even the nearest law applies, how wrong it would be, and what to call instead."""
    failed = failures(formula, start, tolerance)
    worst = max(start.residual(need) for need in failed)
    rounded = (
        f" Weights rounded to float32 leave about this much; tolerance={2 * worst:.0e} accepts it."
        if worst < 1e-5
        else ""
    )
    measured = " and ".join(f"{need} to {tolerance:g}, got a residual of {start.residual(need):.3g}" for need in failed)
    inputs = any("inputs" in need for need in failed)
    task = start.task
    score = (
        f" (diagonality score of the inputs in the task's modes: {task.diagonality:.3g}; taking each mode on its own would end "
        f"with strengths off by up to {expected_error(task):.2g} of the largest)"
        if inputs
        else ""
    )
    nearest = "the law asked for is" if forced else "the nearest law is"
    advice = " Whiten the inputs (task.whitened()), or" if inputs else ""
    return (
        f"solve needs {measured}{score}: {nearest} {formula.name!r}, and without this it is not exact.{rounded}{advice or ' Simulate:'} "
        f"call deeplinear.descend(task, weights, rate=..., steps=...) or deeplinear.flow(task, weights, times)."
    )


def residuals(task: Task, weights: Sequence[ArrayLike]) -> dict[str, float]:
    """Every condition that some law needs, measured, whether or not a law applies.

    Args:
        task: what to learn.
        weights: the start ``(W1, …, WL)``.

    Returns:
        Name of the condition to residual, 0 where it holds exactly.

    Raises:
        ValueError: weights that do not fit the task.
        TypeError: no task.

    Example:
        >>> import numpy as np
        >>> residuals(Task.from_modes([1.0]), (np.array([[0.5]]), np.array([[0.5]])))["balanced"]
        0.0
    """
    a_task("residuals", task)
    return Start(task, checked(weights, task)).residuals


def expected_error(task: Task) -> float:
    """How wrong a law of separate modes is where Σ¹¹ does not share the task's modes.

    Each mode on its own would end at ``s/d``; the best linear map has ``u_αᵀ Σ³¹ (Σ¹¹)⁺ v_α`` there. Early learning is
    driven by Σ³¹ alone and is not affected, so that this is the error to expect, reached as modes are learned.

    Args:
        task: what is to be learned.

    Returns:
        Largest difference of the two, in units of the largest target; 0 for aligned inputs.

    Example:
        >>> expected_error(Task.from_modes([3.0, 1.0]))
        0.0
    """
    s, powers, targets = task.modes.s[: task.rank], task.mode_powers[: task.rank], task.targets[: task.rank]
    if not task.rank:
        return 0.0
    return float(np.abs(targets - s / powers).max() / np.abs(targets).max())
