"""What learning looks like: the one noun that theory and simulation both return."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.arguments import real_number

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@dataclass(frozen=True, eq=False)
class Curve:
    """A learning curve, from an exact solution or from gradient descent.

    Attributes:
        times: shape ``(T,)``, in epochs (full-batch steps).
        loss: ``E = ½ Σ ‖y − W x‖²``, shape ``(..., T)``; leading axes where seeds or rates were batched.
        strengths: strength of each task mode, shape ``(..., T, k)``.
        targets: strength of each mode at the best linear map, shape ``(k,)``.
        name: the law, or the kind of descent, that it came from.
    """

    times: Array
    loss: Array
    strengths: Array
    targets: Array
    name: str = ""
    map_source: Callable[[], Array] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        last = f", times to {self.times[-1]:g}" if self.times.size else ""
        return f"{type(self).__name__}({self.name!r}{last}, loss {self.loss.shape}, strengths {self.strengths.shape})"

    @cached_property
    def maps(self) -> Array:
        """End-to-end maps, shape ``(..., T, n_out, n_in)``, computed when first read.

        Raises:
            ValueError: the curve was made without the means to compute them (a difference of two curves).
        """
        if self.map_source is None:
            raise ValueError(
                f"maps need a curve that knows its network, got {self.name!r}. Read .maps of the original."
            )
        return self.map_source()

    def learning_time(self, fraction: float = 0.5) -> Array:
        """Time at which each mode first reaches this fraction of its target, shape ``(..., k)``; NaN if it never does.

        Interpolated linearly between recorded times. Modes with no target (s = 0) give NaN.

        Raises:
            ValueError: ``fraction`` is not between 0 and 1.
        """
        advice = "a target is only approached. Try 0.5."
        fraction = real_number("learning_time", "fraction", fraction, "0 < · < 1", advice)
        learnable = self.targets > 0  # modes beyond the rank of a task have a target of exactly 0
        share = self.strengths / np.where(learnable, self.targets, np.inf)
        above = share >= fraction
        after = np.argmax(above, axis=-2)
        before = np.maximum(after - 1, 0)
        x0, x1 = (np.take_along_axis(share, i[..., None, :], axis=-2)[..., 0, :] for i in (before, after))
        t0, t1 = self.times[before], self.times[after]
        rise = np.where(x1 > x0, x1 - x0, 1.0)
        times = t0 + (t1 - t0) * np.where(after > 0, (fraction - x0) / rise, 0.0)
        return np.where(above.any(axis=-2), times, np.nan)

    @property
    def half_times(self) -> Array:
        """`learning_time` at one half, shape ``(..., k)``."""
        return self.learning_time(0.5)

    def __sub__(self, other: Curve) -> Curve:
        """Difference in loss and strengths at the same times: ``np.abs((run - law(run.times)).strengths).max()``.

        Raises:
            ValueError: the two curves are not sampled at the same times, or one is of several rates and the other of one.
        """
        counts = number_of_rates(self), number_of_rates(other)
        if counts[0] != counts[1]:
            raise ValueError(
                f"curve_a - curve_b needs as many rates on both sides, got {counts[0]} and {counts[1]}: a law has one tau, and "
                f"one rate would be compared with the others. Subtract rate by rate, run.strengths[..., i, :, :] - "
                f"solve(task, weights, tau=1 / run.rates[i])(run.times).strengths."
            )
        if self.times.shape != other.times.shape or not np.allclose(self.times, other.times, rtol=1e-12, atol=0):
            raise ValueError(
                f"curve_a - curve_b needs the same times, got {self.times.size} and {other.times.size} of them: "
                f"differences between grids mean nothing. Evaluate the law at run.times."
            )
        return Curve(
            self.times,
            self.loss - other.loss,
            self.strengths - other.strengths,
            self.targets - other.targets,
            f"{self.name} − {other.name}",
        )

    def save(self, path: str | Path) -> Path:
        """Write times, loss, strengths and targets to ``.npz``, ``.csv`` (unbatched curves) or ``.json``.

        Raises:
            ValueError: another ending, or a batched curve for csv.
        """
        path = Path(path)
        arrays = {"times": self.times, "loss": self.loss, "strengths": self.strengths, "targets": self.targets}
        if path.suffix == ".npz":
            np.savez_compressed(path, allow_pickle=False, name=np.array(self.name), **arrays)
        elif path.suffix == ".json":
            path.write_text(
                json.dumps({"name": self.name} | {k: v.tolist() for k, v in arrays.items()}), encoding="utf-8"
            )
        elif path.suffix == ".csv" and self.loss.ndim == 1:
            with path.open("w", newline="", encoding="utf-8") as file:
                rows = csv.writer(file)
                rows.writerow(["time", "loss", *(f"strength {i}" for i in range(1, self.strengths.shape[-1] + 1))])
                rows.writerows(np.column_stack([self.times, self.loss, self.strengths]).tolist())
        else:
            raise ValueError(
                f"Curve.save needs a path ending in .npz or .json, or .csv for an unbatched curve, got {path.name!r} for "
                f"loss of shape {self.loss.shape}. Pick one of those."
            )
        return path


def number_of_rates(curve: Curve) -> int:
    """How many learning rates a run has along an axis of its own; 1 for any other curve."""
    rates = getattr(curve, "rates", None)
    return 1 if rates is None else int(np.size(rates))
