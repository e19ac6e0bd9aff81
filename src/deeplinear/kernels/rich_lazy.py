r"""Rich or lazy: by how much will the tangent kernel of this start move while it learns this task?

One mode of two layers, imbalance λ, vanishing start: the kernel goes from |λ| to ``√(λ² + 4s²)``. Below 0.1 the rates of
learning stay within a tenth and learning is exponential (lazy). Above 2/3 the strength has an inflection (rich): it has
one iff ``|λ| < s/√2``, where the movement is just 2/3; balanced layers that start at u₀ have one iff ``u₀ < s p/(1+p)``,
p = 2 − 2/L, a movement of ½ (L = 2) to 5/9 (L → ∞).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import real_number
from deeplinear.exact import ntk
from deeplinear.exact.rank_limited import best_map
from deeplinear.kernels import kernel_distance
from deeplinear.kernels.integrate_to_end import LARGEST, ending
from deeplinear.messages import shown
from deeplinear.task import Task, a_task
from deeplinear.weights import checked, end_to_end, imbalance, widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.law import Law
    from deeplinear.exact.ntk import Factors
    from deeplinear.weights import Weights

RICH = 2 / 3
LAZY = 0.1


@dataclass(frozen=True, eq=False)
class Regime:
    """How a start will learn a task, and the numbers that say so.

    Attributes:
        movement: ``‖K₁ − K₀‖`` relative to the larger of the two, on the task's inputs: 0 lazy, 1 from a vanishing start.
        growth: ``‖K₁‖ / ‖K₀‖``.
        turn: ``1 − cos(K₀, K₁)``: movement that is not mere growth.
        alignment: of the kernel with the target, first and last (`compare.alignment`).
        scale: ``‖W‖ / ‖W*‖`` of the end-to-end maps, at the start.
        strengths: u₀/s of each mode that there is to learn, shape ``(rank,)``.
        imbalance: conserved imbalance of each mode, ``max_l ‖W_{l+1}ᵀW_{l+1} − W_lW_lᵀ‖₂ / (2 s^(2/L))``, shape
            ``(rank,)``; |λ|/(2s) for two λ-balanced layers; 0 for one layer.
        unlearned: part of the attainable fall in loss that does not happen, because the flow ends at a saddle, or because a
            plateau outlasts what float64 can follow.
        plateau: time until the loss has done a tenth of its fall; None where not known.
        transition: time from there to nine tenths; None where not known. One exponential has a plateau of 0.048 of it.
        saddle: whether it is a saddle that leaves a part `unlearned`; False for a plateau, which may well end.
    """

    movement: float
    growth: float
    turn: float
    alignment: tuple[float, float]
    scale: float
    strengths: Array
    imbalance: Array
    unlearned: float = 0.0
    plateau: float | None = None
    transition: float | None = None
    saddle: bool = True

    @property
    def verdict(self) -> Literal["rich", "lazy", "between"]:
        """``lazy`` up to a movement of 0.1; ``rich`` above 2/3 where shrinking alone cannot explain it; else ``between``.

        A kernel that only shrinks moves by ``1 − growth``: a large start is unlearned then, and no features are built.
        """
        if self.movement <= LAZY:
            return "lazy"
        return "rich" if self.movement > RICH and self.growth > 1 - RICH else "between"

    @property
    def reason(self) -> str:
        """The numbers that decide, in a sentence."""
        moved = f"the kernel will move by {self.movement:.3g} of its norm"
        if self.verdict == "lazy":
            return f"{moved}, at most {LAZY:g}: fixed features, exponential learning"
        if self.verdict == "rich":
            return f"{moved}, above {RICH:.3g}: features are built, learning is sigmoidal"
        if self.growth <= 1 - RICH:
            return f"{moved}, but by shrinking to {self.growth:.3g} of it: a large start is unlearned"
        return f"{moved}, between {LAZY:g} (lazy) and {RICH:.3g} (rich)"

    def __str__(self) -> str:
        def span(values: Array) -> str:
            low, high = float(values.min()), float(values.max())
            return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"

        lines = [
            f"{self.verdict}: {self.reason}",
            f"  kernel      grows by {self.growth:.3g}, turns by {self.turn:.3g}, aligned with the target "
            f"{self.alignment[0]:.3g} -> {self.alignment[1]:.3g}",
            f"  start       map {self.scale:.3g} of the target's norm, modes at {span(self.strengths)} of theirs",
            f"  imbalance   {span(self.imbalance)} of what the modes will need (1: as large as they grow)",
        ]
        if self.plateau is not None and self.transition is not None:
            lines.append(f"  loss        plateau of {self.plateau:.4g}, then nine tenths within {self.transition:.4g}")
        if self.unlearned > 0:
            where = "at a saddle" if self.saddle else "not yet: on a plateau longer than float64 can follow"
            lines.append(f"  ends        {where}, with {self.unlearned:.1%} of the loss left that could be learned")
        return "\n".join(lines)


def judge(
    start: Factors,
    end: Factors,
    task: Task,
    weights: Sequence[ArrayLike],
    *,
    unlearned: float = 0.0,
    plateau: float | None = None,
    transition: float | None = None,
    saddle: bool = True,
) -> Regime:
    """The regime, from the kernel's factors before and after learning, wherever they come from.

    Args:
        start: factors at the start, without leading axes.
        end: factors at the end.
        task: what is learned.
        weights: the start ``(W1, …, WL)``.
        unlearned: part of the attainable fall in loss that did not happen.
        plateau: time until a tenth of the fall in loss.
        transition: time from there to nine tenths.
        saddle: whether it is a saddle that leaves a part unlearned.

    Returns:
        A `Regime`.

    Raises:
        ValueError: factors or weights that do not fit, a kernel that is zero, or a task with nothing to learn.

    Source:
        Chizat, Oyallon & Bach 2019, arXiv:1812.07956 (lazy); Dominé et al. 2024, arXiv:2409.14623 (imbalance). The
        thresholds are ours, derived above.

    Example:
        >>> w = (np.array([[3.0]]), np.array([[0.0]]))
        >>> judge(ntk.factors(w), ntk.factors(([[3.2]], [[0.3]])), Task.from_modes([0.96]), w).verdict
        'between'
    """
    layers = checked(weights, task)
    if task.rank == 0:
        raise ValueError(
            "judge needs a task with something to learn, got Σ³¹ = 0: nothing sets a scale. Check how targets were loaded."
        )
    moved = kernel_distance.movement(start, end, task.input_correlation)
    needed = task.targets[: task.rank]
    held = max((float(np.abs(np.linalg.eigvalsh(difference)).max()) for difference in imbalance(layers)), default=0.0)
    first = end_to_end(layers)
    return Regime(
        movement=float(moved.distance / max(1.0, moved.growth)),
        growth=float(moved.growth),
        turn=float(moved.turn),
        alignment=(float(kernel_distance.alignment(start, task)), float(kernel_distance.alignment(end, task))),
        scale=float(np.linalg.norm(first) / np.linalg.norm(task.optimum)),
        strengths=task.strengths(first)[: task.rank] / needed,
        imbalance=held / (2 * needed ** (2 / len(layers))),
        unlearned=float(unlearned),
        plateau=plateau,
        transition=transition,
        saddle=saddle,
    )


def regime(task: Task, weights: Sequence[ArrayLike], *, tau: float = 1.0, law: Law | None = None) -> Regime:
    """How far this start is in the rich or the lazy regime, from where gradient flow really takes it.

    Args:
        task: what is learned, any inputs.
        weights: the start ``(W1, …, WL)``.
        tau: time constant, the unit of the times reported; a law brings its own.
        law: of ``solve(task, weights)``; found there if not given. Where no closed form applies all layers are integrated,
            which is for at most 30 000 weights.

    Returns:
        A `Regime`; print it for a summary.

    Raises:
        ValueError: weights that do not fit the task or never move, nothing to learn, or too large a network.

    Source:
        Chizat, Oyallon & Bach 2019, arXiv:1812.07956; Braun et al. 2022; Dominé et al. 2024, arXiv:2409.14623.

    Example:
        >>> print(regime(Task.from_modes([3.0, 1.0]), (np.eye(2) * 0.1, np.eye(2) * 0.1)))
        rich: the kernel will move by 0.996 of its norm, above 0.667: features are built, learning is sigmoidal
          kernel      grows by 212, turns by 0.0572, aligned with the target 0.5 -> 0.66
          start       map 0.00447 of the target's norm, modes at 0.00333 to 0.01 of theirs
          imbalance   0 of what the modes will need (1: as large as they grow)
          loss        plateau of 0.4867, then nine tenths within 0.7555
        >>> w = 5 * np.eye(2)
        >>> regime(Task.from_modes([3.0, 1.0]), (w, 0.0 * w)).verdict
        'lazy'
    """
    a_task("regime", task)
    layers = checked(weights, task)
    tau = real_number("regime", "tau", tau, "> 0", "it is 1 / learning rate. Pass 1.0.")
    if law is not None and not (hasattr(law, "trajectory") and hasattr(law, "start")):
        raise TypeError(
            f"regime needs a Law, got law={shown(law)}: it says where learning ends. Pass solve(task, weights), or leave it out."
        )
    if law is not None and not all(map(np.array_equal, law.start, layers)):
        raise ValueError(
            f"regime needs the law of this start, got one of layers of shapes {[w.shape for w in law.start]} with other weights: "
            f"where they end says nothing about these. Pass solve(task, weights), or leave it out."
        )
    start, law = ntk.factors(layers), law or exact_law(task, layers, tau)
    if law is None or (law.kind != "closed form" and sum(w.size for w in layers) <= LARGEST):
        run = ending(task, layers, tau=tau if law is None else law.tau, goal=None if law is None else destination(law))
        tenth = run.time_to_fall(0.1)
        return judge(
            start,
            ntk.factors(run.weights),
            task,
            layers,
            unlearned=run.unlearned,
            plateau=tenth,
            transition=run.time_to_fall(0.9) - tenth,
            saddle=run.saddle,
        )
    first, last = float(task.loss(end_to_end(layers))), law.limit
    fall, room = first - last, 4 * np.finfo(float).eps * last
    times = [law.time_to_loss(first - part * fall) for part in (0.1, 0.9)]
    over = law.time_to_loss(last + max(1e-12 * fall, room)) if fall > room else 0.0
    best = float(task.loss(best_map(task, min(widths(layers)))))
    return judge(
        start,
        [(above[0], below[0]) for above, below in law.factors([over])],
        task,
        layers,
        unlearned=max(0.0, (last - best) / (first - best)) if last - best > 1e-9 * (first - best) else 0.0,
        plateau=times[0],
        transition=times[1] - times[0],
    )


def exact_law(task: Task, weights: Weights, tau: float) -> Law | None:
    """The law of gradient flow from this start, if it has one."""
    from deeplinear.exact.solve import solve  # which leans on this room

    try:
        return solve(task, weights, tau=tau)
    except ValueError:
        return None


def destination(law: Law) -> Array | None:
    """Where a law ends, which tells a saddle apart where rounding would leave it; None where it does not say."""
    try:
        return law.final_map
    except RuntimeError:  # a plateau outlasts the law's own search
        return None
