"""Which exact solution, if any, describes this network: the choice among the laws of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from deeplinear.arguments import flag, real_number
from deeplinear.exact.law import APPROXIMATE, TOLERANCE, Law
from deeplinear.exact.nearest import Measured
from deeplinear.exact.nearest import nearest as nearest_of
from deeplinear.exact.readings import Start
from deeplinear.exact.refusal import refusal
from deeplinear.exact.registry import FORMULAS, Formula, formula_named
from deeplinear.exact.trajectory import Trajectory
from deeplinear.messages import shown
from deeplinear.task import Task, a_task
from deeplinear.weights import checked

ROUNDING = 1e-12  # largest residual that is taken for the rounding of a start that meets the condition
ROUNDED = {"balanced": 1.9e-13}  # `decoupled.read` has made equal what is nearer than this


def solve(
    task: Task,
    weights: Sequence[ArrayLike],
    *,
    tau: float = 1.0,
    law: str | None = None,
    tolerance: float = TOLERANCE,
    nearest: bool = False,
) -> Law:
    """The exact solution of gradient flow from these weights: the first law whose conditions hold.

    A condition holds if its residual, times what the answer makes of it, is within the tolerance. A start that misses the stable
    manifold of a saddle by 1e-10 leaves it in the end: there no residual beyond rounding passes.

    Args:
        task: what to learn.
        weights: the start ``(W1, …, WL)``.
        tau: ``1 / learning rate`` when times count epochs, ``> 0``.
        law: part of a law's name, to ask for that one only.
        tolerance: largest residual of a condition that passes. Beyond the default a law is only as exact as this: for
            weights that were rounded, such as float32 ones.
        nearest: where no law holds, return the one that is nearest to the flow, which is integrated for this, instead of
            refusing. Its ``approximate`` is True and its ``error`` says how far from the flow it was found to be.

    Returns:
        A `Law`: call it with times for a `Curve`. Its ``conditions`` hold the measured residuals.

    Raises:
        ValueError: weights that do not fit the task or whose products leave float64, tau not positive, no law of that name,
            or no law whose conditions hold; the message names the condition that failed, by how much, and what to call
            instead.
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
    start = Start(task, checked(weights, task))
    tau = real_number("solve", "tau", tau, "> 0", "it is 1 / learning rate. Pass 1.0.")
    advice = "it is the largest residual that passes. Pass for example 1e-9, or nearest=True."
    tolerance = real_number("solve", "tolerance", tolerance, ">= 0", advice)
    nearest = flag("solve", "nearest", nearest)
    candidates = named(law, len(start.weights))
    tried: list[tuple[Formula, dict[str, float]]] = []
    for formula in candidates:
        failed: dict[str, float] = dict.fromkeys(missed(formula, start, tolerance), 1.0)
        if not failed:
            path = formula.trajectory(start, tau)
            gain = magnification(formula, start, path)
            failed = {need: gain for need in rough(formula, start) if not start.residual(need) * gain <= tolerance}
            if not failed:
                loose = tuple(need for need in rough(formula, start) if start.residual(need) * gain > TOLERANCE)
                return bound(formula, start, tau, path, loose)
        tried.append((formula, failed))
    if nearest:
        possible = [formula for formula, failed in tried if "right sign" not in failed]
        found = nearest_of(task, start.weights, tau, [(f.name, lambda f=f: f.trajectory(start, tau)) for f in possible])
        if found is not None:
            name, path, error = found
            formula, failed = next(pair for pair in tried if pair[0].name == name)
            return bound(formula, start, tau, path, tuple(failed), error)
    formula, failed = min(tried, key=lambda pair: distance(start, pair[1]))
    raise ValueError(refusal(formula, start, tolerance, failed, forced=law is not None))


def named(law: str | None, layers: int) -> list[Formula]:
    """The formulas for this number of layers that are meant, in the order in which they are tried.

    Raises:
        ValueError: there are none.
    """
    if law is not None and not isinstance(law, str):
        raise ValueError(
            f"solve needs part of a law's name, got law={shown(law)}: laws are asked for by name. See deeplinear laws."
        )
    fitting = [formula for formula in FORMULAS if formula.fits(layers)]
    candidates = [
        formula
        for formula in fitting
        if (formula.kind != "recursion" if law is None else law.lower() in formula.name.lower())
    ]
    if not candidates:
        names = "; ".join(formula.name for formula in fitting)
        raise ValueError(
            f"solve needs part of the name of a law for {layers} layers, got law={shown(law)}: there is none such. Pick "
            f"from: {names}."
        )
    return candidates


def missed(formula: Formula, start: Start, tolerance: float) -> list[str]:
    """Conditions of a formula that do not hold, before the answer is asked; a sign is right or wrong at any tolerance."""
    return [need for need in formula.needs if not start.residual(need) <= (0.0 if need == "right sign" else tolerance)]


def distance(start: Start, failed: dict[str, float]) -> tuple[bool, bool, float]:
    """How far a formula is from holding; nearest are those for which inputs are all that has to change, by aligning them at least."""
    return (
        not all("inputs" in need for need in failed),
        "white inputs" in failed,
        max(start.residual(need) * gain for need, gain in failed.items()),
    )


def rough(formula: Formula, start: Start) -> list[str]:
    """Conditions that miss by more than rounding."""
    return [need for need in formula.needs if start.residual(need) > ROUNDED.get(need, ROUNDING)]


def magnification(formula: Formula, start: Start, path: Trajectory) -> float:
    """What the answer makes of a residual: 1 where none is more than rounding, infinite at saddles."""
    return max(1.0, path.sensitivity()) if rough(formula, start) else 1.0


def bound(
    formula: Formula,
    start: Start,
    tau: float,
    path: Trajectory,
    loose: tuple[str, ...],
    measured: Measured | None = None,
) -> Law:
    """A formula bound to a start."""
    conditions = {need: start.residual(need) for need in formula.needs}
    return Law(
        formula.name if measured is None else APPROXIMATE + formula.name,
        formula.source,
        formula.kind,
        conditions,
        start.task,
        start.weights,
        tau,
        path,
        loose,
        measured,
        cites=formula.cites,
        restore=restored,
    )


def restored(attributes: dict[str, Any]) -> Law:
    """A law from its attributes but the trajectory: what pickle, joblib and deepcopy call."""
    formula = formula_named(attributes["name"].removeprefix(APPROXIMATE))
    path = formula.trajectory(Start(attributes["task"], attributes["start"]), attributes["tau"])
    return Law(trajectory=path, restore=restored, **attributes)


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
