r"""Equal layers at a large rate: where descent stops settling at the target, and the two-step cycle it settles on.

With ``y = a (d/s)^(1/L)`` and ``m = rate Λ_1``, ``Λ_1 = L d (s/d)^(2 − 2/L)``, a step of equal layers is the map
``y ← y + (m/L) y^(L−1) (1 − y^L)``: depth and m are all that matters. At ``y = 1`` its slope is ``1 − m``. It passes −1 at
``m = 2``, where the target hands over to a stable cycle of period two (a supercritical period doubling at every depth
from 2); further doublings lead to chaos, and at ``m = 4`` for two layers, later for more, descent leaves all bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag, real_number
from deeplinear.curvature.rates import sharpness
from deeplinear.exact import checks
from deeplinear.messages import shown

if TYPE_CHECKING:
    from deeplinear.arrays import Array

HALVINGS = 64  # of a bracket of logarithms some 30 wide: down to the last digit
LARGEST = 300.0  # logarithm of a strength at which overshooting is beyond doubt, and its square still a number


class TwoCycle(NamedTuple):
    """Two strengths that descent of equal layers visits in turn.

    Attributes:
        low: the one below the target; NaN where there is no cycle.
        high: the one above it.
        multiplier: what two steps make of a small distance from the cycle; stable between −1 and 1.
        imbalance: what two steps make of a small difference between layers, ``5 − 2 (r + 1/r)`` with
            ``r = (high/low)^(1/L)``; between −1 and 1 the cycle makes layers equal, which the flow never does.
    """

    low: Array
    high: Array
    multiplier: Array
    imbalance: Array


STEEPEST = 1e100  # rate times sharpness from which its products leave float64


def multiplier(rate: ArrayLike, *, s: ArrayLike, depth: int, power: ArrayLike = 1.0) -> Array:
    """What a step makes of a small distance from the target, ``1 − rate Λ_1``; descent settles between −1 and 1.

    Args:
        rate: learning rate, shape ``(...,)``, ``> 0``.
        s: singular value of the input-output correlation, ``s >= 0``.
        depth: number of weight matrices L.
        power: input power d along the mode, ``> 0``; 1 for white inputs.

    Returns:
        Shape of the arguments broadcast together.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (41), with input power.

    Example:
        >>> multiplier(0.3, s=4.0, depth=2).round(12)
        np.float64(-1.4)
    """
    rate, steepest = checks.positive("multiplier", "rate", rate), sharpness(s, depth=depth, power=power)
    checks.fit("multiplier", rate=rate, s=np.asarray(steepest))
    return 1 - rate * steepest


def stable_rate(
    s: ArrayLike, *, depth: int, power: ArrayLike = 1.0, momentum: float = 0.0, nesterov: bool = False
) -> Array:
    """Rate above which the target of equal layers attracts no longer.

    Without momentum descent from every small start of equal layers ends at the target at any lower rate (measured at
    depths 2 to 1000). With momentum the limit is one of small distances only: a ball that arrives with speed overshoots,
    and at momentum 0.9 descent from small starts fails from a third of this rate. Unequal layers end at a sharper
    optimum, which needs a lower rate.

    Args:
        s: singular value, shape ``(...,)``, ``s >= 0``.
        depth: number of weight matrices L.
        power: input power d along the mode, ``> 0``.
        momentum: of the heavy ball, in [0, 1).
        nesterov: whether the gradient is taken ahead.

    Returns:
        ``2/Λ_1``; with a heavy ball ``(2 + 2 momentum)/Λ_1``, with Nesterov's that over ``1 + 2 momentum``; infinite
        without curvature.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Cohen et al. 2021, arXiv:2103.00065, section 2, with the curvature of Saxe, McClelland & Ganguli 2014,
        arXiv:1312.6120, eq. (41).

    Example:
        >>> stable_rate(4.0, depth=2), stable_rate(4.0, depth=2, momentum=0.9)
        (np.float64(0.25), np.float64(0.475))
    """
    heavier = "a heavier ball never comes to rest. Try 0.9."
    momentum, nesterov = (
        real_number("stable_rate", "momentum", momentum, "0 <= · < 1", heavier),
        flag("stable_rate", "nesterov", nesterov),
    )
    with np.errstate(divide="ignore"):
        return np.divide(2 + 2 * momentum, sharpness(s, depth=depth, power=power) * (1 + 2 * momentum * nesterov))


def two_cycle(rate: ArrayLike, *, s: ArrayLike, depth: int, power: ArrayLike = 1.0) -> TwoCycle:
    """The cycle of period two around the target, which exists for ``rate Λ_1 > 2`` at depths from 2.

    Found by bisection of ``f(f(y)) = y`` below the target, where f(f(y)) > y for small y and < y just below 1. Two layers
    have it in closed form: with ``p = 1 + rate s`` the strengths are ``(p ± √(p² − 4))/(2 rate d)``, the multiplier is
    ``9 − 2 p²``, stable up to ``p = √5``, and the imbalance's is ``5 − 2 p``. Just above the onset, at any depth,
    ``y = 1 ± √(3 (m − 2)/(4 (L − 1) (5 L − 4)))``.

    Args:
        rate: learning rate, shape ``(...,)``, ``> 0``.
        s: singular value, ``s >= 0``.
        depth: number of weight matrices L, finite.
        power: input power d along the mode, ``> 0``.

    Returns:
        A `TwoCycle`, each shape of the arguments broadcast together; NaN where the target is stable or depth is 1.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Derived here. Observed and bounded by Chen & Bruna 2022, arXiv:2206.04172 (two layers) and Ghosh et al. 2025,
        arXiv:2502.20531 (any depth).

    Example:
        >>> cycle = two_cycle(0.55, s=2.0, depth=2)
        >>> cycle.low.round(4), cycle.high.round(4), cycle.multiplier.round(4)
        (np.float64(1.327), np.float64(2.4912), np.float64(0.18))
    """
    layers = checks.depths("two_cycle", depth)
    if layers == np.inf:
        raise ValueError("two_cycle needs a finite depth, got depth=inf: no rate is small enough there. Pass 1000.")
    rate, power = checks.positive("two_cycle", "rate", rate), checks.positive("two_cycle", "power", power)
    steepest = sharpness(s, depth=depth, power=power)
    checks.fit("two_cycle", rate=rate, s=np.asarray(steepest))
    m = np.asarray(rate * steepest)
    checks.refuse(
        "two_cycle", f"rate · sharpness < {STEEPEST:g}", "rate · sharpness", m, m >= STEEPEST, "no such cycle attracts."
    )
    low, high, along, across = (
        np.where((m > 2) & (layers > 1), x, np.nan) for x in orbit(np.where(m > 2, m, 3.0), layers)
    )
    target = checks.singular_values("two_cycle", s) / power
    return TwoCycle((target * low)[()], (target * high)[()], along[()], across[()])


def cycle_limit(s: ArrayLike, *, depth: int, power: ArrayLike = 1.0) -> Array:
    """Rate above which the cycle of period two attracts no longer; ``(√5 − 1)/s`` for two layers.

    From `stable_rate` to here descent of equal layers ends on `two_cycle`, beyond on longer cycles or on none.

    Args:
        s: singular value, shape ``(...,)``, ``s >= 0``.
        depth: number of weight matrices L, from 2.
        power: input power d along the mode, ``> 0``.

    Returns:
        Shape of the arguments broadcast together; infinite without curvature.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Derived here, by bisection of the multiplier of `two_cycle` for −1.

    Example:
        >>> cycle_limit(2.0, depth=2).round(6)
        np.float64(0.618034)
    """
    layers = checks.depths("cycle_limit", depth)
    if not 2 <= layers < np.inf:
        raise ValueError(
            f"cycle_limit needs a finite depth >= 2, got depth={shown(depth)}: one layer has no cycle and infinitely many no rate. "
            f"Pass for example depth=2."
        )
    low, high = 2.0, 4.0
    while (middle := (low + high) / 2) not in (low, high):
        stable = orbit(np.array(middle), layers)[2] > -1
        low, high = (middle, high) if stable else (low, middle)
    with np.errstate(divide="ignore"):
        return np.divide(high, sharpness(s, depth=depth, power=power))


def orbit(m: Array, depth: float) -> tuple[Array, Array, Array, Array]:
    """Strengths relative to the target and both multipliers of the cycle, for ``m = rate Λ_1 > 2``."""

    def growth(x: Array) -> Array:
        """``f(y)/y − 1`` at ``x = log y^L``."""
        return m / depth * np.exp(x * (1 - 2 / depth)) * -np.expm1(x)

    def stepped(x: Array) -> Array:
        return np.minimum(x + depth * np.log1p(growth(x)), LARGEST)

    near = np.full(m.shape, np.log(1e-12))
    far = np.log(depth * np.log1p(m / depth))  # from there a step ends below the target, and so does not come back
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        first = growth(-np.exp(middle))
        second = growth(stepped(-np.exp(middle)))
        short = first + second + first * second > 0  # f(f(y)) > y: too far below the target
        far, near = np.where(short, middle, far), np.where(short, near, middle)
    low = -np.exp(near)
    high = stepped(low)
    slopes = [
        1 + m / depth * np.exp(x * (1 - 2 / depth)) * ((depth - 1) - (2 * depth - 1) * np.exp(x)) for x in (low, high)
    ]
    r = 1 + growth(low)
    return np.exp(low), np.exp(high), slopes[0] * slopes[1], 5 - 2 * (r + 1 / r)
