"""What training returns: a curve that knows its networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deeplinear.curve import Curve, seeds_and_rates
from deeplinear.network import Network
from deeplinear.weights import Weights

if TYPE_CHECKING:
    from deeplinear.activations import Activation
    from deeplinear.arrays import Array
    from deeplinear.reduction.outputs_inputs import Parameters, Sides


@dataclass(frozen=True, eq=False, repr=False)
class Training(Curve):
    """A `Curve` from training networks with any activation.

    Batch axes of ``loss``, ``strengths``, ``accuracy``, ``learned_at`` and ``diverged_at`` are ``(seeds, rates)``, each
    left out where one network or one rate was given. ``strengths`` are those of the network's own input-output
    correlation, ``diag(Uᵀ Σ³¹_net V)`` with ``Σ³¹_net = Σ f(x) xᵀ``, and ``targets`` are the task's s; no modes (last
    axis 0) where no task was given.

    Attributes:
        rates: the learning rates, shape ``()`` or ``(rates,)``; NaN where the optimiser brought its own.
        accuracy: share of examples whose largest output is the right one; NaN where targets are not one-hot.
        test_loss: loss on the ``evaluate`` pair; NaN where none was given.
        test_accuracy: accuracy there.
        learned_at: first recorded step with loss below ``until``; NaN where it never was. The run is frozen from there.
        diverged_at: first recorded step with a loss beyond all bounds; NaN where it stayed in bounds. Loss is inf from there.
        reduction: which outputs and inputs were trained in fewer coordinates, and why that is exact; printed as one line.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, Fig. 3, for the strengths.
    """

    rates: Array = field(default=None, repr=False)  # type: ignore[assignment]
    accuracy: Array = field(default=None, repr=False)  # type: ignore[assignment]
    test_loss: Array = field(default=None, repr=False)  # type: ignore[assignment]
    test_accuracy: Array = field(default=None, repr=False)  # type: ignore[assignment]
    learned_at: Array = field(default=None, repr=False)  # type: ignore[assignment]
    diverged_at: Array = field(default=None, repr=False)  # type: ignore[assignment]
    reduction: Sides | tuple[Sides, ...] = field(default=None, repr=False)  # type: ignore[assignment]
    activation: Activation = field(default=None, repr=False)  # type: ignore[assignment]
    activated_inputs: bool = field(default=False, repr=False)
    parameter_source: Callable[[], Parameters] = field(default=None, repr=False)  # type: ignore[assignment]

    @property
    def batch_axes(self) -> dict[str, Array]:
        """Names and coordinates of the leading axes of ``loss``: ``seed``, counted from 0, and ``rate``, where there are several."""
        return seeds_and_rates(self.loss, self.rates)

    @cached_property
    def parameters(self) -> Parameters:
        """Final weights and biases with leading batch axes, in all outputs and inputs; biases ``()`` where there are none."""
        return self.parameter_source()

    @property
    def weights(self) -> Weights:
        """Final weights ``(W1, …, WL)``; batch axes lead."""
        return self.parameters[0]

    @property
    def biases(self) -> tuple[Array, ...] | None:
        """Final biases ``(b1, …, bL)``, or None; batch axes lead."""
        return self.parameters[1] or None

    def network(self, *index: int) -> Network:
        """One trained network: ``run.network()``, or by its place in the batch, ``run.network(seed, rate)``.

        Raises:
            ValueError: not one number for each batch axis, or out of range.
        """
        shape = self.loss.shape[:-1]
        if len(index) != len(shape) or not all(-n <= i < n for i, n in zip(index, shape, strict=True)):
            raise ValueError(
                f"network needs one index for each batch axis, got {index!r} for a batch of shape {shape}: it returns one "
                f"network. Pass {tuple(n - 1 for n in shape)} for the last one."
            )
        weights, biases = ([array[index] for array in arrays] for arrays in self.parameters)
        return Network(weights, self.activation, biases or None, activated_inputs=self.activated_inputs)
