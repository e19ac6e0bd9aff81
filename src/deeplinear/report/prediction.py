"""The prediction of what gradient descent learns of a task, and when, with a run to compare it with if there was one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.arrays import Array
from deeplinear.exact.refusal import expected_error
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.curvature.path import SharpnessPath
    from deeplinear.curve import Curve

ALIGNED = 1e-6  # diagonality below which modes do not interact
LEARNED = 0.9  # share of every target at which learning has ended


@dataclass(frozen=True, eq=False, repr=False)
class Prediction:
    """When each mode of a task is learned, and the largest stable learning rate.

    Attributes:
        task: what is learned.
        depth: weight matrices L.
        width: of every hidden layer.
        strength: of each mode at the start, as a share of the largest target.
        initial_strength: the same in units of targets, u_0.
        rate: learning rate η.
        singular_values: s of each mode that fits through the network, shape ``(k,)``.
        targets: where each mode ends, shape ``(k,)``: its strength in the best linear map; s/d, with d the input power along the
            mode, where the law is approximate.
        half_times: epochs until half the target, shape ``(k,)``; 0 for a mode that starts beyond it.
        best_rate: 1/Λ₁ of eq. (41).
        stable_rate: 2/Λ₁; beyond it descent leaves the minimum.
        theory: the solution of gradient flow as a `Curve`, to the end of learning; with a run, its times begin with the run's.
        exact: whether ``theory`` solves the network, rather than each mode on its own where modes interact.
        path: sharpness along it; None unless inputs are aligned with the task, for only there it is known by formula.
        first_step: step after which gradient descent at this rate has learned half of the first mode; None where modes interact or
            it takes too many steps to look for.
        run: gradient descent, if it was asked for.
        reference: the law that the run should follow, at the run's times: the discrete law where modes do not interact, else ``theory``.
    """

    task: Task
    depth: int
    width: int
    strength: float
    initial_strength: float
    rate: float
    singular_values: Array
    targets: Array
    half_times: Array
    best_rate: float
    stable_rate: float
    theory: Curve
    exact: bool
    path: SharpnessPath | None = None
    first_step: int | None = None
    run: Curve | None = None
    reference: Curve | None = None

    def __repr__(self) -> str:
        modes = f"{len(self.targets)} mode{'s' if len(self.targets) != 1 else ''}"
        ran = "" if self.run is None else f", descent over {self.run.times[-1]:.0f} epochs"
        kind = "" if self.exact else "approximate, "
        return f"Prediction({kind}depth {self.depth}, {modes}, half learned from epoch {self.half_times[0]:.4g}, rate {self.rate:.4g}{ran})"

    @property
    def aligned(self) -> bool:
        """Whether the inputs are white or aligned with the task, so that modes do not interact."""
        return is_aligned(self.task)

    @property
    def theory_complete(self) -> bool:
        """Whether the theory reaches the end of learning: nine tenths of every target."""
        return bool((self.theory.strengths[-1, : len(self.targets)] >= LEARNED * self.targets).all())

    @property
    def complete(self) -> bool:
        """Whether the run, if there is one, reaches it too."""
        run = self.theory if self.run is None else self.run
        return self.theory_complete and bool((run.strengths[-1, : len(self.targets)] >= LEARNED * self.targets).all())

    @property
    def deviations(self) -> Array:
        """Largest distance of descent from the law that it should follow, in units of each mode's target, shape ``(k,)``.

        NaN for a mode that is not half learned within the run: there is nothing to compare.
        """
        run, reference = self.simulated()
        return self.apart(run, reference.strengths)

    @property
    def step_effects(self) -> Array:
        """Largest distance of descent from the continuous limit, in units of each mode's target, shape ``(k,)``; NaN as above.

        It comes from the finite size of steps and shrinks in proportion to the rate.
        """
        run, _ = self.simulated()
        return self.apart(run, self.theory.strengths[: len(run.times)])

    @property
    def delays(self) -> Array:
        """Epochs by which descent is half learned later than the continuous limit, shape ``(k,)``; NaN if it never is."""
        run, _ = self.simulated()
        return run.half_times[: len(self.targets)] - self.half_times

    def simulated(self) -> tuple[Curve, Curve]:
        """The run, and the law that it is compared with."""
        if self.run is None or self.reference is None:
            raise ValueError(
                "deviations need a simulated run, got none: there is nothing to compare. Predict with simulate=True."
            )
        return self.run, self.reference

    def apart(self, run: Curve, strengths: Array) -> Array:
        """Largest distance of a run from other strengths at its times, in units of targets, where there is learning."""
        k = len(self.targets)
        apart = np.abs(run.strengths[:, :k] - strengths[:, :k]).max(axis=0) / self.targets
        learned = np.minimum(run.strengths[:, :k].max(axis=0), strengths[:, :k].max(axis=0)) >= self.targets / 2
        return np.where(learned, apart, np.nan)

    def record(self) -> dict[str, Any]:
        """The prediction as a dictionary that JSON can hold.

        ``targets`` are the strengths at which modes end; names of the columns of y are ``target_names``.
        """
        simulated = {}
        if self.run is not None:
            simulated = {
                "epochs": int(self.run.times[-1]),
                "simulated_half_times": numbers(self.run.half_times[: len(self.targets)]),
                "deviation": numbers(self.deviations),
                "delay": numbers(self.delays),
                "step_effect": numbers(self.step_effects),
            }
        return {
            "description": self.task.description,
            "features": list(self.task.feature_names),
            "target_names": list(self.task.target_names),
            "classes": list(self.task.class_names),
            "notes": list(self.task.columns.notes) if self.task.columns else [],
            "inputs": self.task.n_in,
            "outputs": self.task.n_out,
            "depth": self.depth,
            "width": self.width,
            "strength": self.strength,
            "initial_strength": self.initial_strength,
            "rate": self.rate,
            "best_rate": self.best_rate,
            "largest_stable_rate": self.stable_rate,
            "largest_sharpness": None
            if self.path is None
            else max(float(self.path.sharpness.max()), 1 / self.best_rate),
            "unstable_from": None if self.path is None else self.path.unstable_from,
            "exact": self.exact,
            "expected_error": 0.0 if self.exact else float(expected_error(self.task)),
            "complete": self.complete,
            "horizon": float(self.theory.times[-1]),
            "diagonality": self.task.diagonality,
            "singular_values": self.singular_values.tolist(),
            "targets": self.targets.tolist(),
            "half_times": numbers(self.half_times),
            "first_step": self.first_step,
            "modes": [self.mode_record(mode) for mode in range(len(self.targets))],
        } | simulated

    def mode_record(self, mode: int) -> dict[str, Any]:
        """One mode as a dictionary that JSON can hold; its name is None where the task has no names."""
        names = self.task.mode_names
        return (
            {"mode": mode + 1, "name": None}
            | (names[mode].record() if names else {})
            | {"singular_value": float(self.singular_values[mode]), "target": float(self.targets[mode])}
            | {"half_time": numbers(self.half_times[mode : mode + 1])[0]}
        )


def is_aligned(task: Task) -> bool:
    """Whether modes of the task do not interact."""
    return max(task.diagonality, task.misalignment) < ALIGNED


def numbers(values: Array) -> list[float | None]:
    """A list for JSON, which has no NaN."""
    return [float(value) if np.isfinite(value) else None for value in values]
