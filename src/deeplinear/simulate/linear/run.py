"""What gradient descent returns: a curve that knows its network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.arrays import real_array
from deeplinear.curve import Curve, seeds_and_rates
from deeplinear.messages import shown

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.reduction import Reduction
    from deeplinear.weights import Weights


@dataclass(frozen=True, eq=False, repr=False)
class Run(Curve):
    """A `Curve` from gradient descent.

    Batch axes of ``loss``, ``strengths``, ``learned_at`` and ``diverged_at`` are ``(seeds, rates)``, each left out
    where one start or one rate was given.

    Attributes:
        rates: the learning rates, scalar shape ``()`` or ``(rates,)``.
        learned_at: first step with loss below ``until``; NaN where it never was. The run is frozen from there.
        diverged_at: first step with a loss beyond all bounds; NaN where it stayed in bounds. Loss is inf from there.
        reduction: the narrow network that was simulated, and why that is exact; printed as one line.
    """

    rates: Array = field(default=None, repr=False)  # type: ignore[assignment]
    learned_at: Array = field(default=None, repr=False)  # type: ignore[assignment]
    diverged_at: Array = field(default=None, repr=False)  # type: ignore[assignment]
    reduction: Reduction | tuple[Reduction, ...] = field(default=None, repr=False)  # type: ignore[assignment]
    weight_source: Callable[[], Weights] = field(default=None, repr=False)  # type: ignore[assignment]
    path_source: Callable[[NDArray[np.intp]], Weights] | None = field(default=None, repr=False)

    @property
    def batch_axes(self) -> dict[str, Array]:
        """Names and coordinates of the leading axes of ``loss``: ``seed``, counted from 0, and ``rate``, where there are several."""
        return seeds_and_rates(self.loss, self.rates)

    @cached_property
    def weights(self) -> Weights:
        """Final weights ``(W1, …, WL)``, lifted back to full width when first read; batch axes lead.

        Raises:
            ValueError: the start was sampled directly, so that full-width weights never existed.
        """
        return self.weight_source()

    def weights_at(self, steps: ArrayLike) -> Weights:
        """Layers ``(W1, …, WL)`` after these steps, each of shape ``(T, n_l, n_{l-1})``, by running the descent again.

        Args:
            steps: whole numbers from 0 to the last step, shape ``(T,)``, in any order; ``run.times`` for all that were
                recorded.

        Raises:
            ValueError: steps out of range, a run of several starts or rates, or a start that was sampled directly, so that
                full-width weights never existed.
        """
        advice = "weights exist at whole steps. Pass for example run.times."
        asked, last = np.atleast_1d(real_array("weights_at", "steps", steps, ">= 0", advice)), self.times[-1]
        if self.path_source is None or self.loss.ndim > 1:
            raise ValueError(
                f"weights_at needs a run of one start at one rate, got losses of shape {self.loss.shape}: it runs the descent "
                f"again. Descend from that start at that rate alone."
            )
        if asked.ndim != 1 or not asked.size or not ((asked >= 0) & (asked <= last) & (asked == np.floor(asked))).all():
            raise ValueError(
                f"weights_at needs whole steps from 0 to {last:g}, got steps={shown(steps)}: weights exist at steps alone. Pass for example "
                f"run.times."
            )
        return self.path_source(asked.astype(np.intp))
