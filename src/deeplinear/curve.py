"""What learning looks like: the one noun that theory and simulation both return."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.arguments import choice, real_number, whole_numbers
from deeplinear.frames import to_frame

if TYPE_CHECKING:
    from deeplinear.arrays import Array

SHOWN = 10  # modes in a notebook's table


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

    def plot(
        self, ax: Any = None, *, quantity: str = "strengths", modes: Sequence[int] | None = None, **line: Any
    ) -> Any:
        """Draw strengths of modes against time, with dashed lines at their targets, or the loss.

        Runs of a batch share the colour of their mode. Draw a law, and a run over it with ``run.plot(ax, ls="", marker=".")``.

        Args:
            ax: matplotlib axes; the current ones if not given.
            quantity: ``"strengths"`` or ``"loss"``.
            modes: which modes, from 0; all if not given.
            line: properties of the lines, as in ``ax.plot``.

        Returns:
            The axes.

        Raises:
            ValueError: another quantity, or modes that the curve does not have.
        """
        from deeplinear.draw.axes import axes_or_current
        from deeplinear.draw.curves import draw_loss, draw_strengths

        choice("plot", "quantity", quantity, ("strengths", "loss"))
        count = self.strengths.shape[-1]
        chosen = list(range(count)) if modes is None else whole_numbers("plot", "modes", modes, 0)
        if any(mode >= count for mode in chosen):
            raise ValueError(
                f"plot needs modes below {count}, got modes={list(chosen)!r}: the curve has {count} modes, counted from 0. "
                f"Pass some of those."
            )
        ax = axes_or_current(ax)
        if quantity == "loss":
            draw_loss(ax, self.times, self.loss, self.name, **line)
        else:
            draw_strengths(ax, self.times, self.strengths, self.targets, chosen, **line)
        return ax

    def _repr_html_(self) -> str:
        """What a notebook shows: the modes in a table, and a small picture."""
        from deeplinear.draw.axes import html_picture, html_table

        shown, table = min(self.strengths.shape[-1], SHOWN), ""
        if self.loss.ndim == 1 and self.times.size and shown:
            table = html_table(
                {
                    "mode": list(range(1, shown + 1)),
                    "target": self.targets[:shown].tolist(),
                    "last strength": self.strengths[-1, :shown].tolist(),
                    "half learned at": self.half_times[:shown].tolist(),
                }
            )
        modes = range(shown)
        picture = html_picture(lambda ax: self.plot(ax, modes=modes)) if self.times.size and shown else ""
        return f"<div><p>{escape(repr(self))}</p>{table}{picture}</div>"

    @property
    def batch_axes(self) -> dict[str, Array]:
        """Names and coordinates of the leading axes of ``loss``: ``run``, or ``seed`` and ``rate`` of gradient descent."""
        return {
            f"run {i + 1}" if self.loss.ndim > 2 else "run": np.arange(n) for i, n in enumerate(self.loss.shape[:-1])
        }

    def to_frame(self) -> Any:
        """The curve as a tidy data frame of pandas, Polars or Arrow, whichever is installed.

        One row for each number: columns ``time``, ``quantity`` (``"loss"`` or ``"strength"``), ``mode`` (from 1, missing for the
        loss), ``value``, and before them ``seed`` and ``rate`` where these were batched.

        Raises:
            ImportError: none of the three is installed.

        Example:
            >>> import deeplinear as dl
            >>> task = dl.Task.from_modes([2.0, 1.0])
            >>> law = dl.solve(task, dl.initial.decoupled(task, [2, 2, 2], strength=0.1, rng=0))
            >>> law([0.0, 1.0]).to_frame().columns.tolist()
            ['time', 'quantity', 'mode', 'value']
        """
        grids = np.meshgrid(*self.batch_axes.values(), self.times, indexing="ij")
        names = [*self.batch_axes, "time"]
        parts = [(self.loss, "loss", None)]
        parts += [(self.strengths[..., mode], "strength", mode + 1) for mode in range(self.strengths.shape[-1])]
        columns: dict[str, list[Any]] = {
            name: grid.ravel().tolist() * len(parts) for name, grid in zip(names, grids, strict=True)
        }
        columns["quantity"] = [quantity for values, quantity, _ in parts for _ in range(values.size)]
        columns["mode"] = [mode for values, _, mode in parts for _ in range(values.size)]
        columns["value"] = np.concatenate([values.ravel() for values, _, _ in parts]).tolist()
        return to_frame(columns)

    def to_xarray(self) -> Any:
        """The curve as an ``xarray.Dataset`` of ``loss``, ``strengths`` and ``targets`` over ``time`` and ``mode``.

        Raises:
            ImportError: xarray is not installed.
        """
        try:
            import xarray as xr
        except ImportError as error:
            raise ImportError(
                "to_xarray needs xarray, which is not installed: it makes its data sets. Install it, or call to_frame()."
            ) from error
        axes = [*self.batch_axes, "time"]
        return xr.Dataset(
            {
                "loss": (axes, self.loss),
                "strengths": ([*axes, "mode"], self.strengths),
                "targets": ("mode", self.targets),
            },
            coords=self.batch_axes | {"time": self.times, "mode": np.arange(1, self.strengths.shape[-1] + 1)},
            attrs={"name": self.name},
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


def seeds_and_rates(loss: Array, rates: Array) -> dict[str, Array]:
    """Names and coordinates of the batch axes of gradient descent, ``(seeds, rates)``, each left out where there is one."""
    axes = {"seed": np.arange(loss.shape[0])} if loss.ndim - 1 > np.ndim(rates) else {}
    return axes | ({"rate": rates} if np.ndim(rates) else {})
