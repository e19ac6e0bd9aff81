"""What is to be learned: a task is its correlations, and nothing else of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import choice, real_number, whole_number
from deeplinear.arrays import Array, real_array
from deeplinear.lazy import unread
from deeplinear.task.checks import checked_correlations
from deeplinear.task.columns import Columns, column_names
from deeplinear.task.correlations import Correlations, Measured
from deeplinear.task.directions import Directions, require_square
from deeplinear.task.left_out import Features
from deeplinear.task.moments import Examples

Inputs = Literal["raw", "centred", "centered", "white"]
STRUCTURE = 2**25  # entries, 256 MiB: correlations of features with white inputs are not kept beyond
MOST_UNITS = 50_000  # inputs or outputs of a task made from its modes: Σ¹¹ alone takes 20 GB


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


@dataclass(frozen=True, eq=False, repr=False)
class Task(Correlations):
    """A linear regression task, held as sufficient statistics.

    Full-batch gradient descent on a linear network sees the data only through Σ¹¹ = Σ x xᵀ and Σ³¹ = Σ y xᵀ
    (and the loss through tr Σ³³ as well), so a million examples and ten cost the same afterwards. Sums over
    examples, as in the paper, unless ``reduction="mean"`` was asked for when the task was built.

    Which directions of the inputs occur is decided with every input measured by its own spread, and only rounding is left
    out, so that units do not matter.

    Attributes:
        input_correlation: Σ¹¹, shape ``(n_in, n_in)``, symmetric positive semi-definite.
        input_output_correlation: Σ³¹, shape ``(n_out, n_in)``.
        output_power: tr Σ³³, the sum of squared targets.
        examples: how many examples the sums ran over; 1 where unknown or for means.
        left_out: inputs that add nothing to the others, constant or a linear function of them, by name and reason. A white
            task has no inputs for them; a raw or centred one keeps them, without a direction of their own.
        measured: directions and floor from the examples themselves; from the correlations if not given.
        columns: names of features and targets, before any whitening, and how a file was read; None without examples.
        structure: correlation of each feature with each white input, shape ``(features, n_in)``, or ``(0, n_in)`` where that
            would have more than `STRUCTURE` entries; None where inputs are the features.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (1)-(3). Our loss carries the ½ of which (1) is
        the gradient: ``E = ½ Σ ‖y − W x‖²``.
    """

    @classmethod
    def from_data(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        *,
        inputs: Inputs = "raw",
        reduction: Literal["sum", "mean"] = "sum",
        feature_names: Sequence[str] | None = None,
        target_names: Sequence[str] | None = None,
    ) -> Task:
        """Reduce examples to their correlations.

        Args:
            x: inputs, one example a row, shape ``(examples, n_in)``.
            y: targets, shape ``(examples, n_out)`` or ``(examples,)`` for one output.
            inputs: ``"raw"`` as given; ``"centred"`` or ``"centered"`` subtracts the mean input; ``"white"`` centres, then whitens
                to unit variance on the directions that vary (see `whitened`). Targets are never changed.
            reduction: ``"sum"`` over examples, as in the paper, or ``"mean"``: Σ, losses and curvatures divided
                by the number of examples, learning rates multiplied by it.
            feature_names: of the columns of x; if not given, those of a data frame, else ``x[:, 0]`` and so on.
            target_names: of the columns of y; if not given, those of a data frame or series, else ``y[:, 0]`` and so on.

        Raises:
            ValueError: shapes or the number of names disagree, nothing is there, or a value is no number, NaN, infinite or
                too large to square.
        """
        inputs = "centred" if isinstance(inputs, str) and inputs == "centered" else inputs
        choice("Task.from_data", "inputs", inputs, ("raw", "centred", "white"))
        choice("Task.from_data", "reduction", reduction, ("sum", "mean"))
        examples = Examples(x, y, centred=inputs != "raw")
        examples.require_memory()
        columns = Columns(
            len(examples.x),
            column_names("feature_names", "x", feature_names, x, examples.x.shape[1]),
            column_names("target_names", "y", target_names, y, examples.y.shape[1]),
        )
        what = "zero" if inputs == "raw" else "constant"
        directions, s11, s31 = examples.directions()
        if not len(directions.sizes):
            raise ValueError(
                f"Task.from_data needs inputs that are not all {what}, got x of shape {examples.x.shape} with "
                f"inputs={inputs!r}: nothing can be learned from them. Check how x was loaded."
            )
        floor = examples.loss(directions.solve(s31, examples.output_powers))
        scale = 1.0 if reduction == "sum" else 1.0 / len(examples.x)
        scaled = directions.scaled(np.sqrt(scale))
        features: Any = Features(directions, what, columns.features)
        correlation: Any = scaled.gram if s11 is None else s11 * scale
        task = cls(
            correlation,
            s31 * scale,
            float(examples.output_powers.sum()) * scale,
            len(examples.x) if reduction == "sum" else 1,
            features.left_out,
            Measured(scaled, floor * scale, examples.output_powers * scale, thin=s11 is None),
            columns,
        )
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
        function, advice = "Task.from_modes", "singular values are not negative. Put signs into the weights instead."
        s = np.atleast_1d(real_array(function, "s", s, ">= 0", advice, ndim=(0, 1)))
        room, most = (
            "each mode takes one input and one output. Leave it out for as many as there are modes.",
            MOST_UNITS,
        )
        n_in = whole_number(function, "n_in", len(s) if n_in is None else n_in, max(len(s), 1), most, room)
        n_out = whole_number(function, "n_out", len(s) if n_out is None else n_out, max(len(s), 1), most, room)
        require_square(function, n_in)
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
        s11, s31 = checked_correlations(input_correlation, input_output_correlation)
        explained = float(np.vdot(cls(s11, s31, 0.0).optimum, s31))
        advice = "it is a sum of squares. Leave it out for a noiseless task."
        given = explained if output_power is None else output_power
        power = real_number("Task.from_correlations", "output_power", given, "finite", advice)
        examples = whole_number(
            "Task.from_correlations", "examples", examples, advice="the sums ran over them. Pass 1."
        )
        if power < explained * (1 - 1e-9):
            raise ValueError(
                f"Task.from_correlations needs output_power >= {explained:.6g}, got output_power={power!r}: targets cannot "
                f"have less power than their linear part. Leave it out for a noiseless task."
            )
        return cls(s11, s31, power, examples)

    def whitening(self, *, variance: float | None = None, cutoff: float = 0.0) -> Array:
        """The matrix Z for which inputs ``Z x`` are white, shape ``(input rank, n_in)``.

        Args:
            variance: power of each new direction, ``> 0``; if not given, `examples`, i.e. unit variance.
            cutoff: directions with less than this share of the largest power are dropped, every input measured by its own
                spread; 0 for none but those that are rounding.

        Raises:
            ValueError: a variance or a cutoff out of its range.
        """
        _, turn = self.white_directions(variance, cutoff)
        return (
            turn.T @ self.directions.shortest_coordinates[: len(turn)]
        )  # of all: weak directions occur and are not seen

    def whitened(self, *, variance: float | None = None, cutoff: float = 0.0) -> Task:
        """The same task for white inputs: Σ¹¹ = variance · I on the directions that vary; args as in `whitening`.

        Real inputs rarely fill their space (MNIST: 711 of 784 directions vary), so the new task has
        ``input_rank`` inputs.
        """
        chosen, turn = self.white_directions(variance, cutoff)
        s31 = chosen.seen_by(self.input_output_correlation, self.output_powers) @ turn
        variance, rank = self.white_variance(variance), len(turn)
        require_square("Task.whitened", rank)
        directions = Directions(np.full(rank, np.sqrt(variance)), np.ones(rank), np.eye(rank))
        floor = self.floor if rank == self.input_rank else 0.5 * (self.output_power - np.square(s31).sum() / variance)
        return Task(
            np.eye(rank) * variance,
            s31,
            self.output_power,
            self.examples,
            unread(self, "left_out"),
            Measured(directions, floor, self.output_powers),
            self.columns,
            self.structure_along(chosen, turn / np.sqrt(variance)),
        )

    def structure_along(self, chosen: Directions, turn: Array) -> Array:
        """The `structure` of a task whose inputs are these directions after a turn."""
        features = self.n_in if self.structure is None else len(self.structure)
        if features * len(turn) > STRUCTURE:
            return np.zeros((0, len(turn)))
        seen = (chosen.vectors * chosen.sizes) @ turn
        return seen if self.structure is None else self.structure @ seen

    def compact(self) -> Task:
        """The same task with principal components for inputs where examples are fewer than these; otherwise the task itself.

        One component without power stands for all others: linear networks that start without them never see them.
        """
        if not self.thin:
            return self
        powers, vectors = self.principal
        rank, count = len(powers), min(len(powers) + 1, self.n_in)
        directions = Directions(np.sqrt(np.append(powers, 1.0)[:count]), np.ones(rank), np.eye(count, rank))
        return Task(
            np.diag(np.append(powers, 0.0)[:count]),
            self.input_output_correlation @ vectors @ np.eye(rank, count),
            self.output_power,
            self.examples,
            unread(self, "left_out"),
            Measured(directions, self.floor, self.output_powers),
        )

    def white_variance(self, variance: float | None) -> float:
        """Power of each direction after whitening, checked; unit variance if not given."""
        given = float(self.examples) if variance is None else variance
        return real_number("Task.whitening", "variance", given, "> 0", "it scales Σ¹¹. Pass 1.0 for Σ¹¹ = I.")

    def white_directions(self, variance: float | None, cutoff: float) -> tuple[Directions, Array]:
        """The directions that are kept, and their turn: to principal components in order and sign, as far as these can be told apart."""
        variance = self.white_variance(variance)
        advice = "it is a share of the largest power. Pass 0.0 for all directions."
        cutoff = real_number("Task.whitening", "cutoff", cutoff, "0 <= · < 1", advice)
        chosen = self.directions.strongest(cutoff)
        return chosen, np.sqrt(variance) * chosen.turn_to(self.principal[1])
