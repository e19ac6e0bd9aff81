"""What is to be learned: a task is its correlations, and nothing else of the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Inputs = Literal["raw", "centred", "white"]

CHUNK = 8192  # examples turned into float64 at a time: 60 000 MNIST images need 50 MB, not 380 MB
RANK_CUTOFF = 1e-8  # input directions with less than this share of the largest power count as absent


def a_task(function: str, thing: object) -> None:
    """Refuses what is no `Task`.

    Raises:
        TypeError: examples, or anything else.
    """
    if not isinstance(thing, Task):
        raise TypeError(
            f"{function} needs a Task, got a {type(thing).__name__}: it sees correlations of the data only. Pass "
            f"deeplinear.Task.from_data(x, y)."
        )


class Modes(NamedTuple):
    """Singular modes of Σ³¹ = Σ_α s_α u_α v_αᵀ (Saxe et al. 2014, eq. 3), thin: k = min(n_out, n_in) of them.

    Attributes:
        u: output singular vectors in columns, shape ``(n_out, k)``.
        s: singular values, shape ``(k,)``, descending.
        v: input singular vectors in columns, shape ``(n_in, k)``. Only the first ``task.rank`` columns are
            defined by the task; the rest complete them to orthonormal columns.
    """

    u: Array
    s: Array
    v: Array


@dataclass(frozen=True, eq=False)
class Task:
    """A linear regression task, held as sufficient statistics.

    Full-batch gradient descent on a linear network sees the data only through Σ¹¹ = Σ x xᵀ and Σ³¹ = Σ y xᵀ
    (and the loss through tr Σ³³ as well), so a million examples and ten cost the same afterwards. Sums over
    examples, as in the paper, unless ``reduction="mean"`` was asked for when the task was built.

    Attributes:
        input_correlation: Σ¹¹, shape ``(n_in, n_in)``, symmetric positive semi-definite.
        input_output_correlation: Σ³¹, shape ``(n_out, n_in)``.
        output_power: tr Σ³³, the sum of squared targets.
        examples: how many examples the sums ran over; 1 where unknown or for means.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (1)-(3). Our loss carries the ½ of which (1) is
        the gradient: ``E = ½ Σ ‖y − W x‖²``.
    """

    input_correlation: Array
    input_output_correlation: Array
    output_power: float
    examples: int = 1

    @classmethod
    def from_data(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        *,
        inputs: Inputs = "raw",
        reduction: Literal["sum", "mean"] = "sum",
    ) -> Task:
        """Reduce examples to their correlations.

        Args:
            x: inputs, one example a row, shape ``(examples, n_in)``.
            y: targets, shape ``(examples, n_out)`` or ``(examples,)`` for one output.
            inputs: ``"raw"`` as given; ``"centred"`` subtracts the mean input; ``"white"`` centres, then whitens
                to unit variance on the directions that vary (see `whitened`). Targets are never changed.
            reduction: ``"sum"`` over examples, as in the paper, or ``"mean"``: Σ, losses and curvatures divided
                by the number of examples, learning rates multiplied by it.

        Raises:
            ValueError: shapes disagree, nothing is there, or a value is no number, NaN, infinite or too large to square.
        """
        x, y = np.asarray(x), np.asarray(y)
        y = y[:, None] if y.ndim == 1 else y
        if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or 0 in x.shape or 0 in y.shape:
            raise ValueError(
                f"Task.from_data needs one target row for each input row, got x of shape {x.shape} and y of shape "
                f"{y.shape}: examples are rows. Pass x as (examples, n_in) and y as (examples, n_out)."
            )
        if inputs not in ("raw", "centred", "white") or reduction not in ("sum", "mean"):
            raise ValueError(
                f"Task.from_data needs inputs in raw, centred, white and reduction in sum, mean, got inputs={inputs!r}, "
                f"reduction={reduction!r}: nothing else is defined. Pick one of those."
            )
        if x.dtype.kind not in "biuf" or y.dtype.kind not in "biuf":
            raise ValueError(
                f"Task.from_data needs real numbers, got x of type {x.dtype} and y of type {y.dtype}: correlations are sums "
                f"of products. Encode text as one-hot rows."
            )
        examples, power = len(x), 0.0
        s11, s31 = np.zeros((x.shape[1],) * 2), np.zeros((y.shape[1], x.shape[1]))
        with np.errstate(invalid="ignore", over="ignore"):  # bad values are refused below, by row
            centre = np.zeros(x.shape[1]) if inputs == "raw" else x.mean(axis=0, dtype=np.float64)
        for start in range(0, examples, CHUNK):
            xs = x[start : start + CHUNK].astype(np.float64)
            ys = y[start : start + CHUNK].astype(np.float64)
            for name, values in (("x", xs), ("y", ys)):
                if not np.isfinite(values).all():
                    row = start + int(np.argmax(~np.isfinite(values).all(axis=1)))
                    raise ValueError(
                        f"Task.from_data needs finite numbers, got a NaN or infinity in {name} (row {row} is the first "
                        f"seen): one such value would spoil every correlation. Drop or fill these rows."
                    )
            with np.errstate(invalid="ignore", over="ignore"):
                xs -= centre
                s11 += xs.T @ xs
                s31 += ys.T @ xs
                power += float(np.vdot(ys, ys))
        varying, constant = np.trace(s11), examples * float(centre @ centre)
        if not (np.isfinite(s11).all() and np.isfinite(s31).all() and np.isfinite(power)):
            raise ValueError(
                "Task.from_data needs numbers whose squares can be summed, got larger ones: float64 ends at 1e308. Rescale "
                "x and y."
            )
        if not varying > 1e-24 * constant:  # what round-off leaves of constant inputs is 1e-32
            raise ValueError(
                f"Task.from_data needs inputs that are not all {'zero' if inputs == 'raw' else 'constant'}, got x of shape "
                f"{x.shape} with inputs={inputs!r}: nothing can be learned from them. Check how x was loaded."
            )
        scale = 1.0 if reduction == "sum" else 1.0 / examples
        task = cls(s11 * scale, s31 * scale, power * scale, examples if reduction == "sum" else 1)
        return task.whitened() if inputs == "white" else task

    @classmethod
    def from_modes(cls, s: ArrayLike, *, n_in: int | None = None, n_out: int | None = None) -> Task:
        """White inputs (Σ¹¹ = I) and a diagonal Σ³¹ with these singular values; no noise, so the loss ends at 0.

        Args:
            s: singular values, shape ``(k,)``, each ``>= 0``, in any order.
            n_in: inputs, at least k; k if not given.
            n_out: outputs, at least k; k if not given.

        Raises:
            ValueError: a singular value is negative or not finite, or there is no room for k modes.
        """
        s = np.atleast_1d(np.asarray(s, dtype=np.float64))
        n_in, n_out = n_in or len(s), n_out or len(s)
        if s.ndim != 1 or not np.isfinite(s).all() or (s < 0).any() or min(n_in, n_out) < len(s):
            raise ValueError(
                f"Task.from_modes needs finite s >= 0 and n_in, n_out >= {s.size}, got s={s!r}, n_in={n_in}, "
                f"n_out={n_out}: singular values are not negative and each mode takes one input and one output. "
                f"Put signs into the weights instead."
            )
        correlation = np.zeros((n_out, n_in))
        correlation[np.arange(len(s)), np.arange(len(s))] = np.sort(s)[::-1]
        return cls.from_correlations(np.eye(n_in), correlation)

    @classmethod
    def from_correlations(
        cls,
        input_correlation: ArrayLike,
        input_output_correlation: ArrayLike,
        *,
        output_power: float | None = None,
        examples: int = 1,
    ) -> Task:
        """A task from Σ¹¹ and Σ³¹ themselves.

        Args:
            input_correlation: Σ¹¹, shape ``(n_in, n_in)``.
            input_output_correlation: Σ³¹, shape ``(n_out, n_in)``.
            output_power: tr Σ³³; if not given, the least that fits, so that the best linear map has loss 0.
            examples: how many examples the sums ran over.

        Raises:
            ValueError: shapes do not chain, Σ¹¹ is not symmetric positive semi-definite, Σ³¹ has parts on inputs
                that never occur, or a number is not finite.
        """
        s11 = np.atleast_2d(np.asarray(input_correlation, dtype=np.float64))
        s31 = np.atleast_2d(np.asarray(input_output_correlation, dtype=np.float64))
        need = "Task.from_correlations needs"
        if s11.ndim != 2 or s11.shape[0] != s11.shape[1] or s31.ndim != 2 or s31.shape[1] != len(s11):
            raise ValueError(
                f"{need} Σ¹¹ of shape (n_in, n_in) and Σ³¹ of shape (n_out, n_in), got {s11.shape} and {s31.shape}: "
                f"both act on inputs. Check for a transposed matrix."
            )
        if not (np.isfinite(s11).all() and np.isfinite(s31).all()):
            raise ValueError(f"{need} finite correlations, got a NaN or infinity. Check the data they came from.")
        size = np.abs(s11).max(initial=0.0)
        if size == 0.0 or np.abs(s11 - s11.T).max() > 1e-10 * size:
            raise ValueError(
                f"{need} a symmetric, non-zero Σ¹¹: it is a sum of x xᵀ. Symmetrise it, or check the data."
            )
        s11 = (s11 + s11.T) / 2
        lowest = float(np.linalg.eigvalsh(s11)[0])
        if lowest < -1e-10 * size * len(s11):
            raise ValueError(
                f"{need} a positive semi-definite Σ¹¹, got a smallest eigenvalue of {lowest:.3g}: no data have negative "
                f"power. Check how Σ¹¹ was computed."
            )
        bare = cls(s11, s31, 0.0, examples)
        unseen = np.linalg.norm(s31 - bare.optimum @ s11)
        if unseen > 1e-6 * np.linalg.norm(s31):
            raise ValueError(
                f"{need} Σ³¹ to live on inputs that occur, got a part of norm {unseen:.3g} on directions where Σ¹¹ has no "
                f"power: no data set gives that. Compute both from the same examples."
            )
        explained = float(np.vdot(bare.optimum, s31))
        power = explained if output_power is None else float(output_power)
        if not np.isfinite(power) or power < explained * (1 - 1e-9):
            raise ValueError(
                f"{need} output_power >= {explained:.6g}, got output_power={power!r}: targets cannot have less power than "
                f"their linear part. Leave it out for a noiseless task."
            )
        return cls(s11, s31, power, examples)

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return self.input_output_correlation.shape[1]

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return self.input_output_correlation.shape[0]

    @cached_property
    def modes(self) -> Modes:
        """Singular modes of Σ³¹, strongest first."""
        u, s, vt = np.linalg.svd(self.input_output_correlation, full_matrices=False)
        return Modes(u, s, vt.T)

    @cached_property
    def rank(self) -> int:
        """Rank of Σ³¹: the modes there are to learn."""
        s = self.modes.s
        return int((s > s[0] * 1e-10).sum()) if s[0] > 0 else 0

    @cached_property
    def input_modes(self) -> tuple[Array, Array]:
        """Principal components of the inputs: powers ``(n_in,)``, descending, not negative, and vectors in columns."""
        powers, vectors = np.linalg.eigh(self.input_correlation)
        return np.maximum(powers[::-1], 0.0), vectors[:, ::-1]

    @cached_property
    def input_rank(self) -> int:
        """Input directions with more than `RANK_CUTOFF` of the largest power."""
        powers = self.input_modes[0]
        return int((powers > RANK_CUTOFF * powers[0]).sum())

    @cached_property
    def optimum(self) -> Array:
        """The best linear map Σ³¹ (Σ¹¹)⁺, shape ``(n_out, n_in)``; zero on inputs that do not occur."""
        powers, vectors = self.input_modes
        keep = powers > powers[0] * 1e-13 * self.n_in
        return (self.input_output_correlation @ vectors[:, keep] / powers[keep]) @ vectors[:, keep].T

    @cached_property
    def floor(self) -> float:
        """Loss of the best linear map; no linear network gets below it."""
        return max(0.0, 0.5 * (self.output_power - float(np.vdot(self.optimum, self.input_output_correlation))))

    @cached_property
    def mode_powers(self) -> Array:
        """Input power d_α = v_αᵀ Σ¹¹ v_α along each task mode, shape ``(k,)``."""
        v = self.modes.v
        return np.einsum("ia,ia->a", v, self.input_correlation @ v)

    @cached_property
    def anisotropy(self) -> float:
        """``‖Σ¹¹ − cI‖/‖Σ¹¹‖`` with c the mean power: 0 for white inputs."""
        s11 = self.input_correlation
        return float(np.linalg.norm(s11 - np.eye(self.n_in) * np.trace(s11) / self.n_in) / np.linalg.norm(s11))

    @cached_property
    def diagonality(self) -> float:
        """Off-diagonal share ``‖offdiag M‖/‖M‖`` of ``M = VᵀΣ¹¹V`` on the modes that the task defines.

        0 where the task's input modes are principal components of the inputs, the condition of eq. (18).
        """
        v = self.modes.v[:, : max(self.rank, 1)]
        m = v.T @ self.input_correlation @ v
        return float(np.linalg.norm(m - np.diag(np.diag(m))) / np.linalg.norm(m))

    @cached_property
    def misalignment(self) -> float:
        """``‖Σ¹¹V − V diag(d)‖/‖Σ¹¹V‖``: like `diagonality`, but also counts what Σ¹¹ sends out of the span of V."""
        v = self.modes.v
        image = self.input_correlation @ v
        return float(np.linalg.norm(image - v * self.mode_powers) / np.linalg.norm(image))

    def loss(self, maps: ArrayLike) -> Array:
        """``E = ½ Σ ‖y − W x‖²`` of end-to-end maps, shape ``(..., n_out, n_in)``; returns shape ``(...,)``.

        Written as the floor plus a quadratic form in W − W*, which does not cancel near the optimum as the
        statistics form ``½tr Σ³³ − tr WΣ³¹ᵀ + ½tr WΣ¹¹Wᵀ`` does.
        """
        away = np.asarray(maps, dtype=np.float64) - self.optimum
        return self.floor + 0.5 * np.einsum("...ij,...ij->...", away @ self.input_correlation, away)

    def strengths(self, maps: ArrayLike) -> Array:
        """Mode strengths ``u_αᵀ W v_α`` of end-to-end maps, shape ``(..., n_out, n_in)``; returns ``(..., k)``."""
        u, _, v = self.modes
        return np.einsum("ia,...ij,ja->...a", u, np.asarray(maps, dtype=np.float64), v, optimize=True)

    @cached_property
    def targets(self) -> Array:
        """Strength of each mode in the best linear map, shape ``(k,)``: s for white inputs with Σ¹¹ = I."""
        return self.strengths(self.optimum)

    def whitening(self, *, variance: float | None = None, cutoff: float = RANK_CUTOFF) -> Array:
        """The matrix Z for which inputs ``Z x`` are white, shape ``(input rank, n_in)``.

        Args:
            variance: power of each new direction, ``> 0``; if not given, `examples`, i.e. unit variance.
            cutoff: directions with less than this share of the largest power are dropped.
        """
        variance = float(self.examples) if variance is None else variance
        if not variance > 0:
            raise ValueError(
                f"Task.whitening needs variance > 0, got variance={variance!r}: it scales Σ¹¹. Pass 1.0 for Σ¹¹ = I."
            )
        powers, vectors = self.input_modes
        keep = powers > cutoff * powers[0]
        return (vectors[:, keep] * np.sqrt(variance / powers[keep])).T

    def whitened(self, *, variance: float | None = None, cutoff: float = RANK_CUTOFF) -> Task:
        """The same task for white inputs: Σ¹¹ = variance · I on the directions that vary; args as in `whitening`.

        Real inputs rarely fill their space (MNIST: 704 of 784 directions vary), so the new task has
        ``input_rank`` inputs.
        """
        z = self.whitening(variance=variance, cutoff=cutoff)
        variance = float(self.examples) if variance is None else variance
        white = np.eye(len(z)) * variance
        return Task(white, self.input_output_correlation @ z.T, self.output_power, self.examples)
