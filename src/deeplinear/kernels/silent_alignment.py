r"""Silent alignment: from a small start the kernel turns to its final direction before the loss moves, then only grows.

So the kernel that matters is the final one, which the task alone decides, and the network ends at kernel regression with
it (`regression`). This is for white inputs and one mode. Inputs that are not white go on turning the kernel while the loss falls, and of
several modes each aligns before its own stage, so that the kernel has not turned when the first one is learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import real_number
from deeplinear.exact import checks, ntk
from deeplinear.exact.rank_limited import best_map
from deeplinear.kernels import kernel_distance
from deeplinear.messages import shown
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.ntk import Factors


@dataclass(frozen=True)
class Silence:
    """The kernel at the moment when the loss has fallen by a small fraction.

    Attributes:
        fraction: of its whole fall, by which the loss has fallen.
        time: when.
        alignment: traceless similarity (`compare.similarity`) with the final kernel, at that time.
        start: the same at the first time.
        size: norm of the kernel at that time, relative to the final one; small where the alignment is silent.
    """

    fraction: float
    time: float
    alignment: float
    start: float
    size: float

    def __str__(self) -> str:
        return (
            f"loss down {self.fraction:.0%} at t = {self.time:.4g}: kernel {self.alignment:.3f} aligned with its end "
            f"({self.start:.3f} at the start) at {self.size:.1%} of its final size"
        )


def final_kernel(beta: ArrayLike, *, depth: int) -> Array:
    r"""Final kernel ``|β|^(2−2/L) (I + (L−1) b bᵀ)``, b = β/|β|, on unit inputs: one output, vanishing start.

    Args:
        beta: the map learned, shape ``(n_in,)``, not zero.
        depth: number of weight matrices L.

    Returns:
        Shape ``(n_in, n_in)``; ``K(x, x') = xᵀ final_kernel x'``.

    Raises:
        ValueError: β is zero, not finite or no vector, or a depth that is not a whole number from 1.

    Source:
        Atanasov, Bordelon & Pehlevan 2022, arXiv:2111.00034, final NTK of a deep linear network.

    Example:
        >>> final_kernel([3.0, 4.0], depth=2)
        array([[6.8, 2.4],
               [2.4, 8.2]])
    """
    beta, depth = checks.finite("final_kernel", "beta", beta), ntk.whole_depth("final_kernel", depth)
    size = np.linalg.norm(beta)
    if beta.ndim != 1 or not size > 0:
        raise ValueError(
            f"final_kernel needs a vector that is not zero, got beta={shown(beta)}: it is the map of the one output. Use "
            f"`final_factors` for several outputs."
        )
    direction = beta / size
    return size ** (2 - 2 / depth) * (np.eye(len(beta)) + (depth - 1) * np.outer(direction, direction))


def final_factors(task: Task, *, depth: int, rank: int | None = None) -> Factors:
    """Factors of the final kernel for any number of outputs, ``Σ_l [W Wᵀ]^((L−l)/L) ⊗ [Wᵀ W]^((l−1)/L)``.

    A vanishing start is balanced, stays so, and ends at the best map W of the rank that the narrowest layer allows; a
    balanced network's kernel follows from its map (`ntk.of_map`). Eigenvalues: `gauss_newton_eigenvalues` of the singular values
    of W.

    Args:
        task: what is learned, any inputs.
        depth: number of weight matrices L.
        rank: width of the narrowest hidden layer, where it is below the rank of the task.

    Returns:
        One pair for each layer, as `ntk.factors`.

    Raises:
        ValueError: a depth or rank that is not a whole number from 1.

    Source:
        Atanasov, Bordelon & Pehlevan 2022, arXiv:2111.00034, for one output; here through Arora, Cohen & Hazan 2018,
        arXiv:1802.06509, theorem 1.

    Example:
        >>> task = Task.from_modes([4.0, 1.0])
        >>> ntk.kernel(final_factors(task, depth=2)).diagonal()
        array([8., 5., 5., 2.])
    """
    return ntk.of_map(best_map(task, rank), depth)


def silence(
    times: ArrayLike,
    loss: ArrayLike,
    factors: Factors,
    *,
    end: Factors | None = None,
    fraction: float = 0.05,
    input_correlation: ArrayLike | None = None,
) -> Silence:
    """How far the kernel has turned to its final direction when the loss has hardly moved.

    Args:
        times: shape ``(T,)``, rising, the last one after learning.
        loss: shape ``(T,)``.
        factors: of `ntk.factors`, with ``T`` along their leading axis.
        end: factors of the final kernel, without leading axes; those of the last time if not given. A large start is
            always near its own last kernel: hold it against `final_factors`, those of a vanishing start.
        fraction: of its whole fall, by which the loss has fallen when the kernel is looked at.
        input_correlation: Σ¹¹ of the inputs on which kernels are compared; unit inputs if not given. Where inputs are
            not white their own powers are most of every kernel on the data, which hides the alignment.

    Returns:
        A `Silence`, interpolated linearly between times. It measures the traceless similarity with the final kernel:
        the plain cosine is high for unrelated kernels, because of their common part ``I``.

    Raises:
        ValueError: a fraction outside (0, 1), lengths that differ, or a loss that does not fall.

    Source:
        Atanasov, Bordelon & Pehlevan 2022, arXiv:2111.00034, alignment before a visible fall of the loss.

    Example:
        >>> t = np.linspace(0, 6, 400)  # one output, two inputs, at 45 degrees to its target at first
        >>> u = 1 / (1 + 1e4 * np.exp(-4 * t))
        >>> w1 = np.stack([np.sqrt(u), np.full_like(t, 1e-2)], axis=-1)[:, None, :]
        >>> print(silence(t, (1 - u) ** 2 / 2, ntk.factors((w1, np.sqrt(u)[:, None, None]))))
        loss down 5% at t = 1.391: kernel 0.994 aligned with its end (0.020 at the start) at 2.5% of its final size
    """
    t, values = checks.finite("silence", "times", times), checks.finite("silence", "loss", loss)
    factors = ntk.checked_factors("silence", factors)
    lead = {pair[side].shape[:-2] for pair in factors for side in (0, 1)}
    if t.ndim != 1 or values.shape != t.shape or lead != {t.shape} or len(t) < 2 or not (np.diff(t) > 0).all():
        raise ValueError(
            f"silence needs rising times and a loss and factors for each, got times of shape {t.shape}, loss of shape "
            f"{values.shape} and factors with leading axes {sorted(lead)}. Evaluate all three at the same times."
        )
    advice = "it is the part of its fall that the loss has done. Try 0.05."
    fraction = real_number("silence", "fraction", fraction, "0 < · < 1", advice)
    fall = values[0] - values[-1]
    if not fall > 0:
        raise ValueError(
            f"silence needs a loss that falls, got {values[0]:.6g} at first and {values[-1]:.6g} at last: nothing was learned. "
            f"Take later times."
        )
    fallen = (values[0] - values) / fall
    after = int(np.argmax(fallen >= fraction))
    weight = (fraction - fallen[after - 1]) / (fallen[after] - fallen[after - 1])
    end = [(above[-1], below[-1]) for above, below in factors] if end is None else end
    aligned = kernel_distance.similarity(factors, end, input_correlation, traceless=True)
    sizes = kernel_distance.inner(factors, factors, input_correlation) / kernel_distance.inner(
        end, end, input_correlation
    )

    def then(series: Array) -> float:
        return float(series[after - 1] + weight * (series[after] - series[after - 1]))

    return Silence(float(fraction), then(t), then(aligned), float(aligned[0]), then(np.sqrt(sizes)))
