r"""A low-rank teacher, noisy labels, and a linear student of any depth: the whole learning curve, training and test.

White inputs, ``Σ³¹ = W̄ + noise``. Each mode of Σ³¹ is learned by itself; some hold the teacher, most hold noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deeplinear.arguments import generator, whole_number
from deeplinear.exact import checks
from deeplinear.generalisation import spiked_model
from deeplinear.generalisation.error_curves import Learner, Spectrum
from deeplinear.generalisation.marchenko_pastur_rule import Rule, eigenvalue, marchenko_pastur
from deeplinear.generalisation.single_realisation import Realised
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.arrays import Array

LANDMARKS = 12  # singular values across the noise
POINTS = 12  # in a panel: strengths bend less sharply than exponentials


@dataclass(frozen=True)
class NoisyTeacher(Learner):
    r"""Average generalisation of a student of a noisy, low-rank teacher, for large ``n_in`` and ``n_out``.

    ``ε(t) = [Σ_all u(ŝ, t)² − 2 Σ u(ŝ_i, t) s_i O_i + Σ s_i²] / Σ s_i²`` with u the student's mode strength, as in
    the source, and with what is left out there, of order 1 beside the ``n`` noise modes: what the noise modes hold of
    the teacher, how the teacher displaces them, and how a finite Gaussian matrix differs from the Marchenko-Pastur
    law. Corrections to the numerator are then of order 1/n.

    Attributes:
        singular_values: of the teacher W̄, in any order, each ``> 0``.
        n_in: inputs ``N_1``.
        n_out: outputs ``N_3``.
        sigma: scale of the noise, ``>= 0``: the entries of ``Σ³¹ − W̄`` have variance ``sigma²/n_in``. White inputs of
            ``Σ¹¹ = I`` turn labels of noise variance ``sigma²/n_in`` into this.
        u0: initial strength of every mode, ``> 0`` (0 is allowed at depth 1).
        tau: ``1 / learning rate``.
        depth: number of weight matrices; 1 for a shallow student.
        hidden: hidden width, if smaller than the task: only that many of the strongest modes are learned.

    Raises:
        ValueError: a parameter out of its domain, or more singular values than inputs or outputs.

    Source:
        Lampinen & Ganguli 2018, arXiv:1809.10374, sections 2-3, where ``sigma = 1``; terms of order 1 *derived*.

    Example:
        >>> teacher = NoisyTeacher((6.0, 3.0, 1.5), n_in=1000, n_out=500, u0=1e-5)
        >>> teacher.test_error([0.0, 1.2, np.inf]).round(4)
        array([ 1.    ,  0.2872, 10.582 ])
        >>> round(teacher.optimal_stopping_time(), 4)
        2.8058
    """

    singular_values: tuple[float, ...]
    n_in: int
    n_out: int
    sigma: float = 1.0
    u0: float = 1e-3
    tau: float = 1.0
    depth: float = 2
    hidden: int | None = None

    def __post_init__(self) -> None:
        s = np.atleast_1d(checks.positive("NoisyTeacher", "singular_values", self.singular_values))
        for name in ("n_in", "n_out"):
            units = whole_number(
                "NoisyTeacher", name, getattr(self, name), advice="it counts units. Pass for example 100."
            )
            object.__setattr__(self, name, units)
        room = min(self.n_in, self.n_out)
        if s.ndim != 1 or not 1 <= s.size <= room:
            raise ValueError(
                f"NoisyTeacher needs whole n_in, n_out and 1 to min(n_in, n_out) singular values, got {s.size} of them "
                f"for n_in={self.n_in!r}, n_out={self.n_out!r}: each takes one input and one output. Pass fewer."
            )
        object.__setattr__(self, "sigma", spiked_model.checked("NoisyTeacher", s, self.aspect, self.sigma)[3])
        object.__setattr__(self, "singular_values", tuple(float(x) for x in s))
        for name in ("u0", "tau", "depth", "hidden"):  # as the student checked them
            object.__setattr__(self, name, getattr(self.student, name))

    @property
    def aspect(self) -> float:
        """``A = n_out / n_in``."""
        return self.n_out / self.n_in

    @property
    def empirical(self) -> Array:
        """Singular values of Σ³¹ that the teacher's modes give rise to, shape ``(k,)``; the noise's edge if hidden in it."""
        return spiked_model.empirical_singular_value(self.singular_values, aspect=self.aspect, sigma=self.sigma)

    @property
    def overlaps(self) -> Array:
        """``O = |u · û| |v · v̂|`` of each mode of the teacher, shape ``(k,)``."""
        return spiked_model.overlap(self.singular_values, aspect=self.aspect, sigma=self.sigma)

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Which modes of the teacher stand out of the noise and fit into the hidden layer, shape ``(k,)``."""
        seen = spiked_model.seen(self.singular_values, aspect=self.aspect, sigma=self.sigma)
        rank = np.argsort(np.argsort(-np.array(self.singular_values), kind="stable"), kind="stable")
        return seen & (rank < (self.hidden or np.inf))

    @cached_property
    def cut(self) -> float:
        """Angle of the noise's law above which its modes fit into the hidden layer; 0 where all do, π where none does."""
        room = min(self.n_in, self.n_out)
        if self.hidden is None or self.hidden >= room:
            return 0.0
        left = self.hidden - int(self.learned.sum())
        if left == 0:
            return np.pi
        low, high = 0.0, np.pi
        while high - low > 1e-13:
            middle = (low + high) / 2
            low, high = (middle, high) if self._noise(self._rule(middle), middle).sum() > left else (low, middle)
        return high

    def spectrum(self, t: Array) -> Spectrum:
        """The modes of Σ³¹: those that stand out of the noise, then the noise in quadrature, sharp where it is half learned."""
        learned, teacher = self.learned, np.array(self.singular_values)
        front = () if self.depth == 1 or self.sigma == 0 else (self._front(t),)
        rule = self._rule(self.cut, front)
        shape = rule.angles.shape[:-1]
        ends = [np.broadcast_to(eigenvalue(end, aspect=self.aspect), (*shape, 1)) for end in (self.cut, np.pi)]
        noise = self.sigma * np.sqrt(np.concatenate([rule.eigenvalues, *ends], axis=-1))
        leaks = sum(
            s * spiked_model.leaked(rule.angles, rule.eigenvalues, s=s, aspect=self.aspect, sigma=self.sigma)
            for s in teacher
        )
        s = np.concatenate([np.broadcast_to(self.empirical[learned], (*shape, learned.sum())), noise], axis=-1)
        ones = np.ones((*shape, learned.sum()))
        number = np.concatenate([ones, self._noise(rule, self.cut)], axis=-1)
        overlap = np.concatenate(
            [ones * (teacher * self.overlaps)[learned], leaks * rule.steps, np.zeros((*shape, 2))], axis=-1
        )
        power = float(teacher @ teacher)
        total = power + self.sigma**2 * self.n_out
        rest = 0.0 if self.cut == 0 else max(total - float((number * s**2).sum(axis=-1).mean()), 0.0)
        return Spectrum(s, number, overlap, power, rest)

    def landmarks(self) -> Array:
        """Singular values whose learning times say where the test error may turn."""
        angles = np.linspace(self.cut, np.pi, LANDMARKS + 1)[1:]
        noise = self.sigma * np.sqrt(eigenvalue(angles, aspect=self.aspect))
        return np.concatenate([self.empirical[self.learned], noise])

    def stopping_times(self) -> Array:
        """Best time to stop each mode of the teacher by itself, shape ``(k,)``: its strength is then ``s O``.

        0 for modes hidden in the noise, which are best not learned, and for those that begin too strong; infinite
        without noise.
        """
        empirical, aims = self.empirical, np.array(self.singular_values) * self.overlaps
        worth = self.learned & (aims > self.u0)
        times = self.student.learning_time(np.where(worth, aims, empirical / 2), empirical)
        return np.where(worth, times, 0.0)

    def shrinkage_error(self) -> float:
        """Test error of the best estimate that keeps the singular vectors of Σ³¹: each ŝ shrunk to ``s O``, noise to 0.

        No time of stopping gets below it, up to order 1/n, because one time cannot suit all modes.
        """
        s = np.array(self.singular_values)
        return float((s**2 * (1 - np.where(self.learned, self.overlaps, 0.0) ** 2)).sum() / (s @ s))

    def sample(self, rng: int | np.random.Generator | None = None) -> Realised:
        """Draw a teacher with these singular values, in random directions, and the noise; the same student learns it.

        Args:
            rng: seed or generator.
        """
        rng = generator("sample", rng)
        k = len(self.singular_values)
        u, v = (np.linalg.qr(rng.normal(size=(n, k)))[0] for n in (self.n_out, self.n_in))
        teacher = (u * self.singular_values) @ v.T
        noise = rng.normal(size=teacher.shape) * (self.sigma / np.sqrt(self.n_in))
        task = Task.from_correlations(np.eye(self.n_in), teacher + noise)
        return Realised(task, teacher, u0=self.u0, tau=self.tau, depth=self.depth, hidden=self.hidden)

    def _front(self, t: Array) -> tuple[Array, float]:
        """Where the noise is half learned at each time, and over which width in angle it is being learned."""
        top = float(eigenvalue(np.pi, aspect=self.aspect))
        place = self.student.front(t, lambda angle: self.sigma * np.sqrt(eigenvalue(angle, aspect=self.aspect)), np.pi)
        return place, self.student.sharpness(max(self.sigma * np.sqrt(top), self.u0)) / 8

    def _rule(self, start: float, sharp: tuple[tuple[Array, float], ...] = ()) -> Rule:
        """Quadrature over the noise above an angle; a mode near the threshold sharpens its upper edge."""
        ratio = spiked_model.checked("NoisyTeacher", self.singular_values, self.aspect, self.sigma)[1]
        with np.errstate(divide="ignore"):
            width = float(np.abs(np.log(np.sqrt(self.aspect) * ratio**2)).min())
        return marchenko_pastur(aspect=self.aspect, sharp=((np.pi, width), *sharp), start=start, points=POINTS)

    def _noise(self, rule: Rule, start: float) -> Array:
        """Modes at each node, and at the two ends: the law, what the teacher displaces, and that a matrix is finite.

        A real Gaussian matrix has a quarter of a mode more at either edge and ``1/(2π)`` less in each unit of angle
        than the law, whatever its size (Bai & Silverstein 2004, mean of linear statistics).
        """
        shifts = sum(
            spiked_model.displaced(rule.angles, s=np.asarray(s), aspect=self.aspect, sigma=self.sigma)
            for s in self.singular_values
        )
        inside = self.n_in * rule.weights + (shifts - 1 / (2 * np.pi)) * rule.steps
        quarters = np.array([0.25 if start == 0 else 0.0, 0.25 if start < np.pi else 0.0])
        return np.concatenate([inside, np.broadcast_to(quarters, (*inside.shape[:-1], 2))], axis=-1)
