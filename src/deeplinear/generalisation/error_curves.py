"""Training and test error of a student, from the spectrum of what it is trained on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.generalisation.stopping import best_time
from deeplinear.generalisation.student_modes import Student

if TYPE_CHECKING:
    from deeplinear.arrays import Array

CHUNK = 256  # times in one go: nodes times times stay in the cache
LOGITS = np.linspace(-14.0, 14.0, 29)  # shares of a strength at which its mode is looked at for the best time


class Spectrum(NamedTuple):
    """The modes ``ŝ, û, v̂`` of noisy data that a student learns, one by one or in quadrature.

    Attributes:
        s: singular values, shape ``(..., m)``.
        number: modes at each of them, shape ``(..., m)``.
        overlap: the sum of ``ûᵀ W̄ v̂`` over these modes, W̄ the teacher, shape ``(..., m)``.
        power: ``‖W̄‖²``.
        rest: ``Σ ŝ²`` of the modes that the student has no room for.
    """

    s: Array
    number: Array
    overlap: Array
    power: float
    rest: float


class Learner(ABC):
    """A student and the spectrum of its data; white inputs, ``Σ¹¹ = I``."""

    u0: float
    tau: float
    depth: float
    hidden: int | None

    @cached_property
    def student(self) -> Student:
        """The network that learns."""
        return Student(self.u0, self.tau, self.depth, self.hidden)

    @abstractmethod
    def spectrum(self, t: Array) -> Spectrum:
        """Modes of the data, as a rule good at times t, ``(T,)``."""

    @abstractmethod
    def landmarks(self) -> Array:
        """Singular values whose learning times say where the test error may turn."""

    def test_error(self, t: ArrayLike) -> Array:
        """``‖W(t) − W̄‖²/‖W̄‖²``, the error on fresh, noiseless data over that of the zero map.

        Args:
            t: times, shape ``(...,)``, in the unit of ``tau``; ``t >= 0``, infinity included.

        Returns:
            Errors, shape ``(...,)``.

        Raises:
            ValueError: a time is negative or NaN.
        """

        def error(u: Array, modes: Spectrum) -> Array:
            return 1 + ((modes.number * u - 2 * modes.overlap) * u).sum(axis=-1) / modes.power

        return self._over_times("test_error", t, error)

    def train_error(self, t: ArrayLike) -> Array:
        """``‖W(t) − Σ³¹‖²/‖Σ³¹‖²``, the part of the training error that learning can remove; arguments as `test_error`."""

        def error(u: Array, modes: Spectrum) -> Array:
            missed = (modes.number * (u - modes.s) ** 2).sum(axis=-1) + modes.rest
            return missed / ((modes.number * modes.s**2).sum(axis=-1) + modes.rest)

        return self._over_times("train_error", t, error)

    def _over_times(self, name: str, t: ArrayLike, error: Callable[[Array, Spectrum], Array]) -> Array:
        t = checks.times(name, t)
        flat = t.ravel()
        out = np.empty(flat.shape)
        for i in range(0, flat.size, CHUNK):
            some = flat[i : i + CHUNK]
            modes = self.spectrum(some)
            out[i : i + CHUNK] = error(self.student.strengths(some[:, None], modes.s), modes)
        return out.reshape(t.shape)[()]

    def optimal_stopping_time(self) -> float:
        """Time of the least test error over all times; the curve may have several minima.

        0 where learning only harms, infinite where it never harms.
        """
        s = self.landmarks()
        s = s[s > 0][:, None]
        times = np.asarray(self.student.learning_time(s / (1 + np.exp(-LOGITS)), s))
        return best_time(self.test_error, times[(times > 0) & (times < np.inf)])

    def overtraining(self) -> float:
        """What never stopping costs: test error at infinite time less the least one."""
        late, best = self.test_error(np.array([np.inf, self.optimal_stopping_time()]))
        return float(late - best)
