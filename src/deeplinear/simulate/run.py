"""What gradient descent returns: a curve that knows its network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deeplinear.curve import Curve

if TYPE_CHECKING:
    from deeplinear.reduction import Reduction
    from deeplinear.task import Array
    from deeplinear.weights import Weights


@dataclass(frozen=True, eq=False, repr=False)
class Run(Curve):
    """A `Curve` from gradient descent.

    Batch axes of ``loss``, ``strengths``, ``learned_at`` and ``diverged_at`` are ``(seeds, rates)``, each left out
    where one start or one rate was given.

    Attributes:
        rates: the learning rates, scalar shape ``()`` or ``(rates,)``.
        learned_at: first step with loss below ``until``; NaN where it never was. The run stands still from there.
        diverged_at: first step with a loss beyond all bounds; NaN where it stayed in bounds. Loss is inf from there.
        reduction: the narrow network that was simulated, and why that is exact; printed as one line.
    """

    rates: Array = field(default=None, repr=False)  # type: ignore[assignment]
    learned_at: Array = field(default=None, repr=False)  # type: ignore[assignment]
    diverged_at: Array = field(default=None, repr=False)  # type: ignore[assignment]
    reduction: Reduction | tuple[Reduction, ...] = field(default=None, repr=False)  # type: ignore[assignment]
    weight_source: Callable[[], Weights] = field(default=None, repr=False)  # type: ignore[assignment]

    @cached_property
    def weights(self) -> Weights:
        """Final weights ``(W1, …, WL)``, lifted back to full width when first read; batch axes lead.

        Raises:
            ValueError: the start was sampled directly, so that full-width weights never existed.
        """
        return self.weight_source()
