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

if TYPE_CHECKING:
    from deeplinear.task import Array


def layers(t: ArrayLike, *, s: ArrayLike, a0: ArrayLike, b0: ArrayLike, tau: ArrayLike = 1.0) -> tuple[Array, Array]:
    r"""Exact strengths a(t), b(t) of the two layers of one mode.

    With ``q = (a, b)`` and ``F = [[−λ/2, s], [s, λ/2]]`` the solution is
    ``q(t) = exp(F t/tau) q_0 / √(1 + ∫ ‖exp(F x) q_0‖² dx)``, written in the eigenvectors of F with decaying
    exponentials only. Sigmoid, both branches of the hyperbola and the stable manifold ``a = −b`` are special cases.

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
        Scalar case of the Riccati solution for λ-balanced weights (Fukumizu 1998; Dominé et al. 2024,
        arXiv:2409.14623), without their inverse of F; replaces Saxe et al. 2014, arXiv:1312.6120, appendix A.

    Example:
        >>> a, b = layers([0.0, 50.0], s=2.0, a0=0.1, b0=1.0)
        >>> (a * b).round(12)
        array([0.1, 2. ])
    """
    t, s = checks.times("layers", t), checks.singular_values("layers", s)
    a0, b0 = checks.finite("layers", "a0", a0), checks.finite("layers", "b0", b0)
    tau = checks.time_constant("layers", tau)
    imbalance = (b0 - a0) * (b0 + a0)
    omega = np.hypot(s, imbalance / 2)
    still = omega == 0  # s = 0 and equal layers: F vanishes, and any basis is one of eigenvectors
    side = omega + np.abs(imbalance) / 2
    first = np.where(still, 1.0, np.where(imbalance >= 0, s, side))
    second = np.where(still, 0.0, np.where(imbalance >= 0, side, s))
    norm = np.hypot(first, second)
    first, second = first / norm, second / norm
    grow, decay = first * a0 + second * b0, second * a0 - first * b0
    with np.errstate(invalid="ignore", divide="ignore"):
        folds = np.where(still, 0.0, t * (omega / tau))
        span = np.where(still, t / tau, -np.expm1(-2 * folds) / (2 * omega))
    root = np.exp(-folds)
    kept = root * root
    never = grow * grow == 0  # on the stable manifold: take the decaying exponential out of the root as well
    weight = np.where(never, 1.0, kept)
    scale = 1 / np.sqrt(weight + (grow**2 + np.where(never, decay**2, decay**2 * kept)) * span)
    down = decay * np.where(never, root, kept)
    a, b = (first * grow + second * down) * scale, (second * grow - first * down) * scale
    return np.where(t == 0, a0, a)[()], np.where(t == 0, b0, b)[()]


def strength(t: ArrayLike, *, s: ArrayLike, a0: ArrayLike, b0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """Exact strength ``u = a b`` of one mode of two unequal layers; arguments as in `layers`.

    Example:
        >>> strength([0.0, 50.0], s=2.0, a0=-0.1, b0=1.0).round(12)
        array([-0.1,  2. ])
    """
    a, b = layers(t, s=s, a0=a0, b0=b0, tau=tau)
    return a * b


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
    a0, b0 = checks.finite("learning_time", "a0", a0), checks.finite("learning_time", "b0", b0)
    tau = checks.time_constant("learning_time", tau)
    u0, imbalance = a0 * b0, np.abs((b0 - a0) * (b0 + a0))
    u, s, u0, imbalance, tau = np.broadcast_arrays(u, s, u0, imbalance, tau)
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

    with np.errstate(divide="ignore", invalid="ignore"):
        # ratio of the two arguments less 1, from which u − u0 and K factor out: short times lose no digits
        mixed = imbalance**2 * (2 * s - u - u0) + 4 * s * (s * (u + u0) - 2 * u * u0)
        bracket = k + mixed / (size * (s - u0) + size0 * (s - u))
        y = k * (u - u0) * bracket / ((imbalance**2 + 4 * s * u0 + k * size0) * (s - u))
        short = (np.abs(y) < 0.5) & (u0 > 0)
        log = np.where(short, np.log1p(y), np.log(inside(u, size) / inside(u0, size0)))
        unequal = np.where(never, np.inf, tau / k * log)
    time = np.where(level, np.where(moving, balanced, np.inf), unequal)
    return np.where(u == u0, 0.0, time)[()]


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
    k = np.hypot(c0, 2 * s)
    r, r0 = (np.tanh(checks.finite("hyperbolic_time", "theta", angle) / 2) for angle in (theta, theta0))
    up, down = (k + c0 + 2 * s * r) / (k + c0 + 2 * s * r0), (k - c0 - 2 * s * r0) / (k - c0 - 2 * s * r)
    return tau / k * np.log(up * down)


def condition(t: ArrayLike, *, s: ArrayLike, a0: ArrayLike, b0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """``κ = t |du/dt| / |u|``; infinite where u crosses 0; arguments as in `layers`."""
    a, b = layers(t, s=s, a0=a0, b0=b0, tau=tau)
    change = np.asarray(t) / np.asarray(tau) * (a * a + b * b) * np.abs(np.asarray(s) - a * b)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(change == 0, 0.0, change / np.abs(a * b))


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
