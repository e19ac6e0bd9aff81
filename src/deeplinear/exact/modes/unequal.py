r"""Two layers of unequal strength: the hyperbolic solution, in a form regular for every start.

A mode with layer strengths a (from the input) and b (to the output) obeys ``tau da/dt = b (s − a b)``,
``tau db/dt = a (s − a b)``, which conserves ``λ = b² − a²``. Appendix A of the paper solves it by hyperbolas, but as
printed it is wrong: with ``c0 = |λ|`` the product is ``a b = (c0/2) sinh θ``, not ``c0 sinh θ``; the angle obeys
``tau dθ/dt = 2s − c0 sinh θ``, not ``s − …``; and eq. (26) needs ``2s`` wherever it has s. `hyperbolic_time` is the
corrected (26); `layers` replaces it by a formula that does not divide by λ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.exact.modes import sigmoid
from deeplinear.exact.modes.motion import Motion
from deeplinear.exact.modes.pair import grown, sized

if TYPE_CHECKING:
    from deeplinear.arrays import Array

TINY = 1e-145  # strength of both layers below which their products lose digits, and only ``a0 + b0`` matters


def layers(t: ArrayLike, *, s: ArrayLike, a0: ArrayLike, b0: ArrayLike, tau: ArrayLike = 1.0) -> tuple[Array, Array]:
    r"""Exact strengths a(t), b(t) of the two layers of one mode.

    ``a + b`` grows by a factor g by which ``b − a`` shrinks, so that ``(a + b)(b − a) = λ`` stays. ``P = (a + b)²`` obeys
    ``tau dP/dt = −½ (P − r_1)(P − r_2)``, ``r = 2s ± √(4s² + λ²)``, which `grown` solves. Sigmoid, both branches of the
    hyperbola and the stable manifold ``a = −b`` are special cases, and next to that no digit is lost, because ``a0 + b0`` is
    formed first.

    Args:
        t: times, shape ``(...,)``, in the unit of ``tau``; ``t >= 0``.
        s: singular value, ``s >= 0``.
        a0: initial strength of the input layer, any sign.
        b0: initial strength of the output layer, any sign.
        tau: ``1 / learning rate`` when ``t`` counts epochs.

    Returns:
        Two arrays, shape of all arguments broadcast together; ``a b`` tends to s, except from ``a0 = −b0``, where both
        tend to 0, and ``a0 = b0 = 0``, which stays.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Replaces Saxe et al. 2014, arXiv:1312.6120, appendix A; derived here. Equal to the scalar case of the Riccati solution
        for λ-balanced weights (Fukumizu 1998; Dominé et al. 2024, arXiv:2409.14623).

    Example:
        >>> a, b = layers([0.0, 50.0], s=2.0, a0=0.1, b0=1.0)
        >>> (a * b).round(12)
        array([0.1, 2. ])
    """
    t, s = checks.times("layers", t), checks.singular_values("layers", s)
    a0, b0 = sized("layers", a0, b0)
    tau = checks.time_constant("layers", tau)
    checks.fit("layers", t=t, s=s, a0=a0, b0=b0, tau=tau)
    now = grown(checks.in_units(t, tau), s, a0, b0)
    b_leads = np.sign(now.plus) * np.sign(now.minus) > 0
    strong = np.where(b_leads, now.plus + now.minus, now.plus - now.minus) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        weak = np.where(now.apart, np.where(b_leads, now.plus - now.minus, now.plus + now.minus) / 2, now.u / strong)
    a, b = np.where(b_leads, weak, strong), np.where(b_leads, strong, weak)
    return np.where(t == 0, a0, a)[()], np.where(t == 0, b0, b)[()]


def strength(t: ArrayLike, *, s: ArrayLike, a0: ArrayLike, b0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """Exact strength ``u = a b`` of one mode of two unequal layers; arguments as in `layers`.

    Example:
        >>> strength([0.0, 50.0], s=2.0, a0=-0.1, b0=1.0).round(12)
        array([-0.1,  2. ])
    """
    t, s = checks.times("strength", t), checks.singular_values("strength", s)
    a0, b0 = sized("strength", a0, b0)
    tau = checks.time_constant("strength", tau)
    checks.fit("strength", t=t, s=s, a0=a0, b0=b0, tau=tau)
    u = grown(checks.in_units(t, tau), s, a0, b0).u
    return np.where(t == 0, a0 * b0, u)[()]


def learning_time(u: ArrayLike, *, s: ArrayLike, a0: ArrayLike, b0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    r"""Time at which ``a b = u``: ``tau ∫ dv / ((s − v) √(λ² + 4v²))`` from the start to u.

    Args:
        u: strengths to reach, shape ``(...,)``.
        s: singular value, ``s >= 0``.
        a0: initial strength of the input layer, any sign.
        b0: initial strength of the output layer, any sign.
        tau: time constant.

    Returns:
        Times, shape ``(...,)``; negative for strengths that lie before the start, infinite for those never reached.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (26), corrected (see `hyperbolic_time`) and written in u
        instead of θ, where it stays finite at λ = 0 and covers negative u.

    Example:
        >>> learning_time(1.0, s=2.0, a0=0.1, b0=1.0).round(4)
        np.float64(0.4271)
    """
    u, s = checks.finite("learning_time", "u", u), checks.singular_values("learning_time", s)
    a0, b0 = sized("learning_time", a0, b0)
    tau = checks.time_constant("learning_time", tau)
    checks.fit("learning_time", u=u, s=s, a0=a0, b0=b0, tau=tau)
    u, s, a0, b0, tau = np.broadcast_arrays(u, s, a0, b0, tau)
    u0, imbalance = a0 * b0, np.abs((b0 - a0) * (b0 + a0))
    level = imbalance == 0
    moving = level & (u0 != 0)
    balanced = sigmoid.learning_time(u, s=s, u0=np.where(moving, u0, 1.0), tau=tau)
    never = np.sign(s - u) != np.sign(s - u0)
    k = np.where(level, 1.0, np.hypot(imbalance, 2 * s))

    size, size0 = np.hypot(imbalance, 2 * u), np.hypot(imbalance, 2 * u0)  # a² + b² at the end and at the start

    def inside(v: Array, norm: Array) -> Array:
        """``(λ² + 4sv + K√(λ² + 4v²))/|s − v|``, the argument of the logarithm, without cancellation for negative v."""
        plain, product, gap = imbalance**2 + 4 * s * v, k * norm, np.abs(s - v)
        return np.where(plain >= 0, (plain + product) / gap, 4 * imbalance**2 * gap / (product - plain))

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # ratio of the two arguments less 1, from which u − u0 and K factor out: short times lose no digits
        mixed = imbalance**2 * (2 * s - u - u0) + 4 * s * (s * (u + u0) - 2 * u * u0)
        bracket = k + mixed / (size * (s - u0) + size0 * (s - u))
        y = k * (u - u0) * bracket / ((imbalance**2 + 4 * s * u0 + k * size0) * (s - u))
        short = (np.abs(y) < 0.5) & (u0 > 0)
        log = np.where(short, np.log1p(y), np.log(inside(u, size) / inside(u0, size0)))
        unequal = np.where(never, np.inf, tau / k * log)
        # from next to nothing: tau/(2s) ln(4us / ((s − u)(a0 + b0)²))
        seed = 2 * np.log(np.abs(a0 + b0))
        tiny = (np.maximum(np.abs(a0), np.abs(b0)) < TINY) & (np.minimum(u, s) > TINY) & (u < s)
        late = tau / (2 * s) * (np.log(4 * u) - np.log1p(-u / s) - seed)
    time = np.where(tiny, late, np.where(level, np.where(moving, balanced, np.inf), unequal))
    return np.where((u == u0) & ~tiny, 0.0, time)[()]


def hyperbolic_time(theta: ArrayLike, *, s: ArrayLike, theta0: ArrayLike, c0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    r"""Corrected eq. (26): time along the hyperbola from angle θ_0 to θ, ``a b = (c0/2) sinh θ``.

    ``t = (tau/K) [ln((K + c0 + 2s tanh(θ/2)) / (K − c0 − 2s tanh(θ/2)))]`` with ``K = √(c0² + 4s²)``. The fixed point
    is ``θ = asinh(2s/c0)``. As printed, with s and ``√(c0² + s²)``, it gives twice the time of eq. (11) for small c0.

    Args:
        theta: angles to reach, shape ``(...,)``, on the same side of the fixed point as ``theta0``.
        s: singular value, ``s > 0``.
        theta0: initial angle.
        c0: ``|a² − b²|``, ``> 0``.
        tau: time constant.

    Returns:
        Times, shape ``(...,)``.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, appendix A, eqs. (23)-(26), with their errors corrected.

    Example:
        >>> import numpy as np
        >>> angle = np.arcsinh(2 * np.array([0.1, 1.0]) / 0.99)
        >>> hyperbolic_time(angle[1], s=2.0, theta0=angle[0], c0=0.99).round(4)
        np.float64(0.4271)
    """
    s, tau = checks.singular_values("hyperbolic_time", s), checks.time_constant("hyperbolic_time", tau)
    c0 = checks.finite("hyperbolic_time", "c0", c0)
    advice = "equal layers make no hyperbola. Use `learning_time`, which is regular there."
    checks.refuse("hyperbolic_time", "c0 > 0", "c0", c0, ~(c0 > 0), advice)
    checks.refuse("hyperbolic_time", "s > 0", "s", s, s == 0, "(26) divides 0 by 0 there. Use `learning_time`.")
    theta, theta0 = (checks.finite("hyperbolic_time", *angle) for angle in (("theta", theta), ("theta0", theta0)))
    checks.fit("hyperbolic_time", theta=theta, s=s, theta0=theta0, c0=c0, tau=tau)
    k = np.hypot(c0, 2 * s)
    r, r0 = np.tanh(theta / 2), np.tanh(theta0 / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        up, down = (k + c0 + 2 * s * r) / (k + c0 + 2 * s * r0), (k - c0 - 2 * s * r0) / (k - c0 - 2 * s * r)
        ratio = up * down
    side, advice = (
        "theta on the side of theta0 of the fixed point asinh(2s/c0)",
        "it is never reached. Pass an angle between.",
    )
    checks.refuse("hyperbolic_time", side, "theta", np.broadcast_to(theta, ratio.shape), ~(ratio > 0), advice)
    return tau / k * np.log(ratio)


def condition(t: ArrayLike, *, s: ArrayLike, a0: ArrayLike, b0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """``κ = t |du/dt| / |u|``; infinite where u crosses 0; arguments as in `layers`.

    `strength` is good to about ``eps (1 + κ)`` for these very numbers a0 and b0. How far the answer moves with them is another
    matter: next to the stable manifold a relative change of either is magnified by ``|a0|/|a0 + b0|``.
    """
    t, s = checks.times("condition", t), checks.singular_values("condition", s)
    a0, b0 = sized("condition", a0, b0)
    tau = checks.time_constant("condition", tau)
    checks.fit("condition", t=t, s=s, a0=a0, b0=b0, tau=tau)
    t = checks.in_units(t, tau)
    now = grown(t, s, a0, b0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        speed = (np.square(now.plus) + np.square(now.minus)) / 2 * np.abs(now.left)
        return np.where((speed == 0) | (t == 0), 0.0, t * speed / np.abs(now.u))[()]


def motion(s: Array, begun: Array, tau: Array) -> Motion:
    """This law for modes with layer strengths ``begun``, shape ``(2, k)``."""
    start = {"s": s, "a0": begun[0], "b0": begun[1], "tau": tau}
    return Motion(
        strengths=lambda t: strength(t, **start),
        learning_time=lambda u: learning_time(u, **start),
        condition=lambda t: condition(t, **start),
        limits=np.where(start["a0"] == -start["b0"], 0.0, s),
        layers=lambda t: np.stack(layers(t, **start)),
    )
