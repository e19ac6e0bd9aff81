"""How many steps of gradient descent equal layers take, without taking them: the flow's time, corrected for the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.exact.modes import depth as any_depth

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def learning_step(
    u: ArrayLike, *, s: ArrayLike, u0: ArrayLike, depth: int, rate: ArrayLike, power: ArrayLike = 1.0
) -> Array:
    """Steps that equal layers take to strength u, without taking them: between whole numbers, to order ``rate``.

    The flow's time plus ``½ ln(g(u)/g(u0))`` with the gradient ``g = u^(1 − 1/L) (s − d u)``. Two layers grow by
    ``1 + rate s`` a step, not ``exp(rate s)``, and this sums all orders of it:
    ``ln[u (s − d u0)/(u0 (s − d u))] / (2 ln(1 + rate s)) + ¾ ln[(s − d u)/(s − d u0)]``. Up to nine tenths of the target
    it is off by less than 0.03 steps at a tenth of ``1/Λ_1`` and less than 0.25 at ``0.8/Λ_1``, whatever u0.

    Args:
        u: strengths to reach, shape ``(...,)``, ``> 0``.
        s: singular value, ``s >= 0``.
        u0: initial strength, ``u0 > 0``.
        depth: number of weight matrices L, finite.
        rate: learning rate, ``> 0``; meant for rates below ``1/Λ_1``, at which strengths do not overshoot.
        power: input power d along the mode, ``> 0``.

    Returns:
        Steps, shape of all arguments broadcast together; negative for strengths that lie before the start, infinite
        for those never reached.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Derived here: steps follow the flow with velocity ``g − (rate/2) g dg/da`` to second order in the rate.

    Example:
        >>> learning_step(1.0, s=2.0, u0=0.01, depth=3, rate=0.1).round(2)
        np.float64(20.97)
        >>> from deeplinear.exact.modes import discrete
        >>> discrete.crossing(s=[2.0], layers0=np.full((3, 1), 0.01 ** (1 / 3)), rate=0.1, limit=100)
        array([21.])
    """
    s, rate = checks.singular_values("learning_step", s), checks.positive("learning_step", "rate", rate)
    d, u0 = checks.positive("learning_step", "power", power), checks.starts("learning_step", u0)
    u, layers = checks.positive("learning_step", "u", u), checks.depths("learning_step", depth)
    checks.fit("learning_step", u=u, s=s, u0=u0, rate=rate, power=d)
    if layers == np.inf:
        raise ValueError("learning_step needs a finite depth, got depth=inf: no rate is small enough. Pass 1000.")
    tau = d ** (1 - 2 / layers) / rate
    time = any_depth.learning_time(d * u, s=s, u0=d * u0, depth=layers, tau=tau)
    gap = np.where(np.isfinite(time) & (u != u0), (s - d * u) / np.where(s == d * u0, 1.0, s - d * u0), 1.0)
    if layers == 2:
        growth = np.where(s > 0, rate * s / np.where(s > 0, np.log1p(rate * s), 1.0), 1.0)
        return (time * growth + 0.75 * np.log(gap))[()]
    return (time + 0.5 * np.log(gap) + 0.5 * (1 - 1 / layers) * np.log(u / u0))[()]
