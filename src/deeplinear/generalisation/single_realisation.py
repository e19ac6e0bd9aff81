"""The same student on one noisy task: its own singular values and overlaps in place of their averages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.arrays import real_array
from deeplinear.generalisation.error_curves import Learner, Spectrum
from deeplinear.task import Task, a_task

if TYPE_CHECKING:
    from deeplinear.arrays import Array

WHITE = 1e-9  # how far Σ¹¹ may be from I
LANDMARKS = 24


@dataclass(frozen=True, eq=False)
class Realised(Learner):
    """Exact generalisation of a student that starts in the singular vectors of this task, each mode with strength u0.

    Attributes:
        task: the noisy task, white, ``Σ¹¹ = I``.
        teacher: W̄, what would be learned without noise, shape ``(n_out, n_in)``, not zero.
        u0: initial strength of every mode, ``> 0`` (0 is allowed at depth 1).
        tau: ``1 / learning rate``.
        depth: number of weight matrices.
        hidden: hidden width, if smaller than the task.

    Raises:
        ValueError: inputs that are not white, a teacher of another shape, or a number out of its domain.

    Example:
        >>> from deeplinear import Task
        >>> clean = Realised(Task.from_modes([3.0, 1.0]), np.diag([3.0, 1.0]), u0=1e-3)
        >>> clean.test_error([2.0, np.inf]).round(4)
        array([0.0902, 0.    ])
    """

    task: Task
    teacher: Array
    u0: float = 1e-3
    tau: float = 1.0
    depth: float = 2
    hidden: int | None = None

    def __post_init__(self) -> None:
        a_task("Realised", self.task)
        away = float(np.abs(self.task.input_correlation - np.eye(self.task.n_in)).max())
        if away > WHITE:
            raise ValueError(
                f"Realised needs white inputs, got a task with Σ¹¹ off the identity by {away:.3g}: other modes are not "
                f"learned one by one. Pass task.whitened(variance=1.0), and the teacher in those inputs."
            )
        advice = "errors are measured from it. Pass the noiseless map."
        teacher = real_array("Realised", "teacher", self.teacher, "finite", advice)
        if teacher.shape != (self.task.n_out, self.task.n_in) or not teacher.any():
            raise ValueError(
                f"Realised needs a finite teacher, not zero, of shape {(self.task.n_out, self.task.n_in)}, got shape "
                f"{teacher.shape}: errors are measured from it and in units of it. Pass the noiseless map."
            )
        object.__setattr__(self, "teacher", teacher)
        for name in ("u0", "tau", "depth", "hidden"):  # as the student checked them
            object.__setattr__(self, name, getattr(self.student, name))

    @cached_property
    def _modes(self) -> Spectrum:
        s, power = self.task.modes.s, float(np.vdot(self.teacher, self.teacher))
        keep, overlap = slice(self.hidden), self.task.strengths(self.teacher)
        rest = 0.0 if self.hidden is None else float(np.square(s[self.hidden :]).sum())
        return Spectrum(s[keep], np.ones_like(s[keep]), overlap[keep], power, rest)

    def spectrum(self, t: Array) -> Spectrum:
        """The modes of the task, the same at all times."""
        return self._modes

    def landmarks(self) -> Array:
        """Singular values whose learning times say where the test error may turn."""
        s = self._modes.s
        return s[np.unique(np.geomspace(1, len(s), LANDMARKS).astype(int)) - 1]
