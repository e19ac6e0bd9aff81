"""Sums over examples: read in chunks, centred without losing a small spread beside a large mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.arrays import Array, as_numpy
from deeplinear.memory import require_memory
from deeplinear.task.directions import Directions

NEED = "Task.from_data needs real numbers, got "
CHUNK = 8192  # examples turned into float64 at a time: 60 000 MNIST images need 50 MB, not 380 MB …
NUMBERS = 2**23  # … and no more numbers than these, 64 MB, where an example is long


class Examples:
    """Examples in chunks of float64.

    Means are subtracted in two steps, the first row and then the mean of what is left: differences of close numbers are
    exact, so that a timestamp in nanoseconds keeps its spread.

    Attributes:
        x: inputs as given, shape ``(examples, n_in)``.
        y: targets as given, shape ``(examples, n_out)``.
        centred: whether means of inputs and targets are subtracted.
        shifts: first rows of x and y.
        means: of x and y, less the shifts.
        output_powers: sum of squares of each target, its mean included, shape ``(n_out,)``.
        sizes: root of the sum of squares of each input before any mean is subtracted, shape ``(n_in,)``.
    """

    def __init__(self, x: ArrayLike, y: ArrayLike, *, centred: bool) -> None:
        self.x, self.y, self.centred = as_numpy(NEED + "x=", x), as_numpy(NEED + "y=", y), centred
        self.y = self.y[:, None] if self.y.ndim == 1 else self.y
        refuse_shapes(self.x, self.y)
        self.shifts = (self.x[0].astype(np.float64), self.y[0].astype(np.float64))
        self.output_powers = np.zeros(self.y.shape[1])
        squares, sums = np.zeros(self.x.shape[1]), (np.zeros(self.x.shape[1]), np.zeros(self.y.shape[1]))
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite, or too large to square, is refused
            for start in self.starts:
                chunks = self.chunk(start)
                refuse_what_is_not_finite(start, *chunks)
                squares += np.einsum("ij,ij->j", chunks[0], chunks[0])
                self.output_powers += np.einsum("ij,ij->j", chunks[1], chunks[1])
                for total, values, shift in zip(sums, chunks, self.shifts, strict=True):
                    total += (values - shift).sum(axis=0) if centred else 0.0
        self.sizes = np.sqrt(squares)
        self.means = (sums[0] / len(self.x), sums[1] / len(self.y))

    @property
    def few(self) -> bool:
        """Whether there are fewer examples than inputs, so that examples are the smaller dimension."""
        return len(self.x) < self.x.shape[1]

    @property
    def starts(self) -> range:
        """First rows of the chunks."""
        return range(0, len(self.x), max(1, min(CHUNK, NUMBERS // (self.x.shape[1] + self.y.shape[1]))))

    def chunk(self, start: int) -> tuple[Array, Array]:
        """Some rows as given, copied only where they are not float64."""
        rows = slice(start, start + self.starts.step)
        return np.asarray(self.x[rows], dtype=np.float64), np.asarray(self.y[rows], dtype=np.float64)

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        for start in self.starts:
            xs, ys = self.chunk(start)
            yield (self.away(0, xs), self.away(1, ys)) if self.centred else (xs, ys)

    def away(self, side: int, values: Array) -> Array:
        """Inputs (0) or targets (1) less their means."""
        values = values - self.shifts[side]
        values -= self.means[side]
        return values

    def whole(self) -> tuple[Array, Array]:
        """All inputs less their means, zero where `correlations` are, and Σ³¹: for few examples, without Σ¹¹.

        Raises:
            ValueError: numbers too large to square.
        """
        x, s31 = np.empty(self.x.shape), np.zeros((self.y.shape[1], self.x.shape[1]))
        with np.errstate(invalid="ignore", over="ignore"):
            for start, (xs, ys) in zip(self.starts, self, strict=True):
                x[start : start + len(xs)] = xs
                s31 += ys.T @ xs
            powers = np.einsum("ij,ij->j", x, x)
        refuse_what_is_too_large(powers, s31, self.output_powers)
        constant = self.constant(np.sqrt(powers))
        x[:, constant], s31[:, constant] = 0.0, 0.0
        return x, s31

    def correlations(self) -> tuple[Array, Array]:
        """Σ¹¹ and Σ³¹, zero for inputs with no more spread about their mean than the rounding of their values.

        Raises:
            ValueError: numbers too large to square.
        """
        s11, s31 = np.zeros((self.x.shape[1],) * 2), np.zeros((self.y.shape[1], self.x.shape[1]))
        with np.errstate(invalid="ignore", over="ignore"):
            for xs, ys in self:
                s11 += xs.T @ xs
                s31 += ys.T @ xs
        refuse_what_is_too_large(s11, s31, self.output_powers)
        constant = self.constant(np.sqrt(np.diag(s11)))
        s11[constant], s11[:, constant], s31[:, constant] = 0.0, 0.0, 0.0
        return s11, s31

    def constant(self, spread: Array) -> NDArray[np.bool_]:
        """Inputs whose spread, the root of their power about the mean, is no more than the rounding of their values."""
        return spread <= precision(self.x) * self.sizes

    def noise(self, spread: Array) -> Array:
        """Rounding of the inputs as given, twice a relative unit of each, as a share of its spread; shape ``(n_in,)``."""
        return 2 * precision(self.x) * np.divide(self.sizes, spread, out=np.zeros_like(spread), where=spread > 0)

    def require_memory(self) -> None:
        """Refuse more than fits, before it is allocated; as `Task.from_data`."""
        rows, inputs = self.x.shape
        needed = 5 * rows * inputs if self.few else 6 * inputs**2
        remedy = "Select features, or take fewer examples." if self.few else "Select features."
        require_memory("Task.from_data", 8.0 * needed, f"directions of {inputs} inputs in {rows} examples", remedy)

    def directions(self) -> tuple[Directions, Array | None, Array]:
        """Directions of the inputs, Σ¹¹ (None for few examples, which tell directions without it) and Σ³¹."""
        if self.few:
            x, s31 = self.whole()
            return Directions.from_few_examples(x, noise=self.noise(np.linalg.norm(x, axis=0))), None, s31
        s11, s31 = self.correlations()
        noise = self.noise(np.sqrt(np.diag(s11)))
        return Directions.from_examples(s11, self.triangle, noise=noise), s11, s31

    def power_of_mean_target(self) -> float:
        """Sum of squares of the means that were subtracted from the targets; they are no part of what inputs explain."""
        mean = self.shifts[1] + self.means[1]
        return len(self.y) * float(mean @ mean) if self.centred else 0.0

    def triangle(self, block: Array) -> Array:
        """R of a QR factorisation of ``X @ block``: singular values of inputs along these columns, without squares."""
        r = np.zeros((0, block.shape[1]))
        for xs, _ in self:
            r = np.asarray(np.linalg.qr(np.vstack([r, xs @ block]), mode="r"))
        return r

    def loss(self, w: Array) -> float:
        """``½ Σ ‖y − W x‖²`` of a map of the inputs, summed over residuals, which do not cancel."""
        with np.errstate(over="ignore"):
            left = sum(float(np.square(ys - xs @ w.T).sum()) for xs, ys in self)
        return 0.5 * (left + self.power_of_mean_target())


def precision(values: NDArray[Any]) -> float:
    """Relative rounding of numbers as given: of single precision where they have no more."""
    own = float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else 0.0
    return max(own, float(np.finfo(np.float64).eps))


def refuse_shapes(x: NDArray[Any], y: NDArray[Any]) -> None:
    """Refuse what are no examples in rows."""
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or 0 in x.shape or 0 in y.shape:
        raise ValueError(
            f"Task.from_data needs one target row for each input row, got x of shape {x.shape} and y of shape "
            f"{y.shape}: examples are rows. Pass x as (examples, n_in) and y as (examples, n_out)."
        )


def refuse_what_is_too_large(*sums: Array) -> None:
    """Refuse sums of squares beyond float64."""
    if not all(np.isfinite(each).all() for each in sums):
        raise ValueError(
            "Task.from_data needs numbers whose squares can be summed, got larger ones: float64 ends at 1e308. Rescale "
            "x and y."
        )


def refuse_what_is_not_finite(start: int, xs: Array, ys: Array) -> None:
    """Refuse a chunk with a NaN or an infinity, and name its row."""
    for name, values in (("x", xs), ("y", ys)):
        if not np.isfinite(values).all():
            row = start + int(np.argmax(~np.isfinite(values).all(axis=1)))
            raise ValueError(
                f"Task.from_data needs finite numbers, got a NaN or infinity in {name} (row {row} is the first "
                f"seen): one such value would spoil every correlation. Drop or fill these rows."
            )
