"""Why no law applies to a start, in words."""

from __future__ import annotations

import numpy as np

from deeplinear.exact.readings import Start
from deeplinear.exact.registry import Formula
from deeplinear.task import Task, a_task

FLOAT32 = 1e-5  # residuals below this may be the rounding of single precision


def refusal(formula: Formula, start: Start, tolerance: float, failed: dict[str, float], *, forced: bool) -> str:
    """Why not even the nearest law applies, how wrong it would be, and what to call instead.

    Args:
        formula: that law.
        start: the start.
        tolerance: what was asked for.
        failed: conditions that do not hold, and by how much the answer magnifies each of them, 1 for as it is.
        forced: whether it was asked for by name.
    """
    task, worst = start.task, max(start.residual(need) * gain for need, gain in failed.items())
    rounded = (
        f" Weights rounded to float32 leave about this much; tolerance={2 * worst:.0e} accepts it."
        if worst < FLOAT32 and "right sign" not in failed
        else ""
    )
    measured = " and ".join(
        f"{need} to {tolerance:g}, got a residual of {start.residual(need):.3g}{magnified(gain)}"
        for need, gain in failed.items()
    )
    inputs = any("inputs" in need for need in failed)
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
        f"call deeplinear.descend(task, weights, rate=..., steps=...) or deeplinear.flow(task, weights, times). With nearest=True "
        f"solve returns the nearest law all the same, with its error measured."
    )


def magnified(gain: float) -> str:
    """What the answer makes of a residual, if more than the residual itself."""
    if gain == np.inf:
        return " that the answer magnifies without bound (this law ends at a saddle, which any such part of a start leaves)"
    return f" that the answer magnifies {gain:.3g} times" if gain > 1 else ""


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
    a_task("expected_error", task)
    s, powers, targets = task.modes.s[: task.rank], task.mode_powers[: task.rank], task.targets[: task.rank]
    if not task.rank:
        return 0.0
    return float(np.abs(targets - s / powers).max() / np.abs(targets).max())
