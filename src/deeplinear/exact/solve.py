"""Which exact solution, if any, describes this network: the list of laws, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from deeplinear.exact import checks, depth, sigmoid, unequal, unequal_depth
from deeplinear.exact.decoupled import Decoupled, read
from deeplinear.exact.law import Law, Trajectory
from deeplinear.exact.trajectories import of_modes, of_one_layer
from deeplinear.task import Task
from deeplinear.weights import Weights, checked

if TYPE_CHECKING:
    from deeplinear.exact.motion import Motion
    from deeplinear.task import Array

TOLERANCE = 1e-9  # largest residual of a condition at which a law still counts as exact

SAXE = "Saxe, McClelland & Ganguli 2014, arXiv:1312.6120"


@dataclass(frozen=True)
class Formula:
    """One exact solution, unbound.

    Attributes:
        name: as shown to users.
        source: paper and equation.
        fits: whether it is for this number of weight matrices.
        needs: names of the conditions in `Decoupled.residuals` that must hold.
        motion: s ``(k,)``, layer strengths ``(L, k)`` and time constants ``(k,)`` of white problems to a `Motion`;
            None for networks of one layer, which need no modes.
    """

    name: str
    source: str
    fits: Callable[[int], bool]
    needs: tuple[str, ...] = ()
    motion: Callable[[Array, Array, Array], Motion] | None = None

    def bound(self, task: Task, weights: Weights, start: Decoupled, tau: float) -> Trajectory:
        """This formula for one network."""
        if self.motion is None:
            return of_one_layer(task, weights[0], tau)
        return of_modes(self.motion, task, start, tau)

    def aligned(self) -> Formula:
        """The same formula for task-aligned inputs."""
        needs = tuple("aligned inputs" if need == "white inputs" else need for need in self.needs)
        source = f"{self.source}; input powers by eq. (46) and a change of scale"
        return Formula(f"task-aligned {self.name}", source, self.fits, needs, self.motion)


# A new law is one file and one line here, before the more general ones. (name, source, depths, conditions, motion)
WHITE = (
    Formula(
        "two-layer sigmoid (Saxe et al. 2014, eq. 12)",
        f"{SAXE}, eq. (12)",
        lambda layers: layers == 2,
        ("white inputs", "decoupled", "balanced"),
        sigmoid.motion,
    ),
    Formula(
        "two-layer hyperbolic (Saxe et al. 2014, appendix A corrected)",
        f"{SAXE}, appendix A with its errors corrected, in the regular form of the λ-balanced solution",
        lambda layers: layers == 2,
        ("white inputs", "decoupled"),
        unequal.motion,
    ),
    Formula(
        "equal layers of any depth (Saxe et al. 2014, eq. 15 integrated)",
        f"{SAXE}, eq. (15); closed-form times derived here",
        lambda layers: layers > 2,
        ("white inputs", "decoupled", "balanced", "right sign"),
        depth.motion,
    ),
    Formula(
        "unequal layers of any depth (reduced to one scalar ODE per mode, integrated)",
        f"{SAXE}, eq. (14) and its conserved quantities; reduction derived here",
        lambda layers: layers > 2,
        ("white inputs", "decoupled"),
        unequal_depth.motion,
    ),
)
SHALLOW = Formula(
    "shallow exponential (Saxe et al. 2019)",
    "Saxe, McClelland & Ganguli 2019, PNAS 116, 11537; any inputs and any start",
    lambda layers: layers == 1,
)
FORMULAS = (SHALLOW, *WHITE, *(formula.aligned() for formula in WHITE))


def solve(task: Task, weights: Sequence[ArrayLike], *, tau: float = 1.0, law: str | None = None) -> Law:
    """The exact solution of gradient flow from these weights: the first law whose conditions hold.

    Args:
        task: what to learn.
        weights: the start ``(W1, …, WL)``.
        tau: ``1 / learning rate`` when times count epochs, ``> 0``.
        law: part of a law's name, to ask for that one only.

    Returns:
        A `Law`: call it with times for a `Curve`. Its ``conditions`` hold the measured residuals.

    Raises:
        ValueError: weights that do not fit the task, tau not positive, no law of that name, or no law whose conditions
            hold; the message names the condition that failed, by how much, and what to call instead.

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
    layers = checked(weights, task)
    tau = float(checks.time_constant("solve", tau))
    candidates = [
        formula for formula in FORMULAS if formula.fits(len(layers)) and (law or "").lower() in formula.name.lower()
    ]
    if not candidates:
        names = "; ".join(formula.name for formula in FORMULAS if formula.fits(len(layers)))
        raise ValueError(
            f"solve needs part of the name of a law for {len(layers)} layers, got law={law!r}: there is none such. Pick "
            f"from: {names}."
        )
    start = read(task, layers)
    for formula in candidates:
        if not failures(formula, start):
            conditions = {need: start.residuals[need] for need in formula.needs}
            return Law(formula.name, formula.source, conditions, task, tau, formula.bound(task, layers, start, tau))
    nearest = min(
        candidates, key=lambda formula: (len(failures(formula, start)), "white inputs" in failures(formula, start))
    )
    raise ValueError(refusal(nearest, start, task, forced=law is not None))


def failures(formula: Formula, start: Decoupled) -> list[str]:
    """Conditions of a formula that do not hold."""
    return [need for need in formula.needs if not start.residuals[need] <= TOLERANCE]


def refusal(formula: Formula, start: Decoupled, task: Task, *, forced: bool) -> str:
    """Why not even the nearest law applies, and what to call instead."""
    failed = failures(formula, start)
    measured = " and ".join(
        f"{need} to {TOLERANCE:g}, got a residual of {start.residuals[need]:.3g}" for need in failed
    )
    inputs = any("inputs" in need for need in failed)
    score = f" (diagonality score of the inputs in the task's modes: {task.diagonality:.3g})" if inputs else ""
    nearest = "the law asked for is" if forced else "the nearest law is"
    advice = " Whiten the inputs (task.whitened()), or" if inputs else ""
    return (
        f"solve needs {measured}{score}: {nearest} {formula.name!r}, and without this it is not exact.{advice or ' Simulate:'} "
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

    Example:
        >>> import numpy as np
        >>> residuals(Task.from_modes([1.0]), (np.array([[0.5]]), np.array([[0.5]])))["balanced"]
        0.0
    """
    return read(task, checked(weights, task)).residuals
