r"""Unequal layers at any depth: reduced to one scalar ODE per mode, integrated.

``tau da_l/dt = (s − u) Π_{j≠l} a_j`` with ``u = Π a_j`` conserves every ``a_i² − a_j²``. With the weakest layer a as
the variable the others are ``a_j = ± √(a² + k_j)``, ``k_j >= 0``, which keep their signs while a may cross zero
smoothly: a mode of the wrong sign turns round, unless its two weakest layers are equal and it dies at the saddle.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.exact.evaluations import bounded_velocity
from deeplinear.exact.modes.chain import Chain
from deeplinear.exact.modes.motion import Motion

if TYPE_CHECKING:
    from deeplinear.arrays import Array

RTOL = 1e-12  # of the integrator and the quadrature
LARGEST = 150  # decades of a product of layers
GONE = 1e-15  # share of its start below which a dying layer counts as 0
SETTLED = 1e-8  # distance to the target below which the linearised end, off by its square, takes over


def integrated(t: Array, chain: Chain) -> tuple[Array, Array]:
    """Weakest layer and strength at ascending times in units of tau, each of shape ``(T,)``."""
    from scipy.integrate import solve_ivp  # 0.4 s to load

    others = np.delete(chain.start, chain.weakest)
    if not others.all() or not t.any():
        return np.full(t.shape, chain.a0), np.full(t.shape, float(np.prod(chain.start)))  # two zero layers never move

    def velocity(_: float, state: Array) -> list[float]:
        product = chain.product(float(state[0]))
        return [(chain.s - state[0] * product) * product]

    def settled(_: float, state: Array) -> float:
        return abs(chain.s - state[0] * chain.product(float(state[0]))) - SETTLED * chain.s

    def gone(_: float, state: Array) -> float:
        return abs(state[0]) - GONE * abs(chain.a0)

    def fading(_: float, state: Array) -> float:
        return abs(state[0]) - SETTLED * chain.scale

    dies = chain.s > 0 and not chain.learned  # 0 is a fixed point of this equation, which only rounding would cross
    event = gone if dies else settled if chain.s > 0 else fading
    event.terminal = True  # pyright: ignore[reportFunctionMemberAccess]
    crosses = chain.s > 0 and chain.constants.min() > 0 and chain.a0 * chain.sign <= 0
    atol = 1e-14 * chain.scale if crosses else 1e-20 * min(chain.scale, abs(chain.a0) or chain.scale)
    with np.errstate(over="ignore", invalid="ignore"):  # a step that was tried and is too long for deep products
        run = solve_ivp(
            bounded_velocity("unequal_depth.strength", velocity, 1),
            (0.0, float(t[-1])),
            [chain.a0],
            method="DOP853",
            t_eval=t,
            rtol=RTOL,
            atol=atol,
            events=event if chain.s > 0 or chain.constants.min() > 0 else None,
        )
    if not run.success:
        raise RuntimeError(
            f"unequal_depth.strength needs its integration to converge, got {run.message!r} for s={chain.s!r}, layers "
            f"{chain.start!r}: the mode is too stiff. Ask for earlier times."
        )
    a = run.y[0] if len(run.t) else np.empty(0)
    u = np.array([x * chain.product(x) for x in a.tolist()])
    if len(a) < len(t) and dies:
        a, u = (np.append(x, np.zeros(len(t) - len(a))) for x in (a, u))
    elif len(a) < len(t):
        since, end = t[len(a) :] - run.t_events[0][0], float(run.y_events[0][0, 0])
        gap = chain.s - end * chain.product(end)
        gain = chain.gain(end) if chain.s > 0 else chain.product(0.0) ** 2
        u = np.append(u, chain.s - gap * np.exp(-gain * since))
        a = np.append(a, end - gap * chain.product(end) / gain * np.expm1(-gain * since))
    return a, u


def strength(t: ArrayLike, *, s: ArrayLike, layers: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """Strengths u(t) of modes whose layers differ, to about nine digits.

    Args:
        t: times, shape ``(T,)``, in any order, in the unit of ``tau``; ``t >= 0``.
        s: singular values, shape ``(k,)``, ``>= 0``.
        layers: layer strengths at the start, shape ``(L, k)``, any sign, ``L >= 2``.
        tau: time constant, one number or one for each mode.

    Returns:
        Strengths, shape ``(T, k)``; the product of the layers at 0, tends to ``s`` or, see above, to 0.

    Raises:
        ValueError: an argument out of its domain.
        RuntimeError: the integrator did not converge.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (14) and its conserved quantities; reduction derived here.

    Example:
        >>> strength([0.0, 50.0], s=[2.0], layers=[[0.1], [0.2], [-0.5]]).round(9)
        array([[-0.01],
               [ 2.  ]])
    """
    return evolved("strength", t, s=s, layers=layers, tau=tau)[0]


def each_layer(t: ArrayLike, *, s: ArrayLike, layers: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """Strengths of the layers themselves, shape ``(L, T, k)``; arguments as in `strength`.

    Example:
        >>> each_layer([50.0], s=[2.0], layers=[[0.1], [0.2], [-0.5]]).prod(axis=0).round(9)
        array([[2.]])
    """
    weakest, begun = evolved("each_layer", t, s=s, layers=layers, tau=tau)[2], sized("each_layer", layers)
    s = checks.singular_values("each_layer", s)
    out = np.empty((len(begun), *weakest.shape))
    for i in range(begun.shape[1]):
        chain = Chain(float(s[i]), begun[:, i])
        rows = np.arange(len(begun)) != chain.weakest
        sizes = np.sqrt(np.square(weakest[:, i]) + chain.constants[:, None])
        out[rows, :, i] = np.sign(begun[rows, i])[:, None] * sizes
        out[chain.weakest, :, i] = weakest[:, i]
    return out


def condition(t: ArrayLike, *, s: ArrayLike, layers: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """``κ = t |du/dt| / |u|``, shape ``(T, k)``; infinite where u crosses 0; arguments as in `strength`."""
    u, change, _ = evolved("condition", t, s=s, layers=layers, tau=tau)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(change == 0, 0.0, change / np.abs(u))


def sized(function: str, layers: ArrayLike) -> Array:
    """Layer strengths as finite numbers, the squares of whose products are finite too."""
    layers = checks.finite(function, "layers", layers)
    product = np.log10(np.maximum(np.abs(layers), 1.0)).sum(axis=0)
    advice = "these are its decades, and float64 ends at the square. Rescale the task and the weights."
    checks.refuse(
        function, f"layers whose product stays below 1e{LARGEST}", "product", product, product >= LARGEST, advice
    )
    return layers


def evolved(
    function: str, t: ArrayLike, *, s: ArrayLike, layers: ArrayLike, tau: ArrayLike
) -> tuple[Array, Array, Array]:
    """Strengths, ``t |du/dt|`` and the weakest layer, each of shape ``(T, k)``."""
    t, s = np.atleast_1d(checks.times(function, t)), checks.singular_values(function, s)
    layers, tau = sized(function, layers), checks.time_constant(function, tau)
    if t.ndim != 1:
        raise ValueError(
            f"{function} needs times of shape (T,), got t of shape {t.shape}: each is one row. Ravel them."
        )
    if layers.ndim != 2 or layers.shape[0] < 2 or s.shape != layers.shape[1:] or tau.shape not in ((), (1,), s.shape):
        raise ValueError(
            f"{function} needs layers of shape (L, k) with L >= 2 and s of shape (k,), got {layers.shape} and {s.shape}: "
            f"one strength for each layer and mode. Reshape them."
        )
    u, change, weakest = (np.empty((len(t), len(s))) for _ in range(3))
    for i, tau_i in enumerate(np.broadcast_to(tau, s.shape)):
        chain = Chain(float(s[i]), layers[:, i])
        ascending, back = np.unique(t / tau_i, return_inverse=True)  # neighbours in t may be one moment in t / tau
        a, strengths = integrated(ascending, chain)
        gains = np.array([chain.gain(x) for x in a.tolist()]) if function == "condition" else 0.0
        u[:, i], weakest[:, i] = strengths[back], a[back]
        moving = np.where(np.isinf(ascending), 0.0, ascending)  # all is learned at infinite time
        change[:, i] = (moving * gains * np.abs(s[i] - strengths))[back]
    u[t == 0] = layers.prod(axis=0)  # the chain multiplies in another order
    return u, change, weakest


def learning_time(u: ArrayLike, *, s: ArrayLike, layers: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """Time at which each mode has strength u: the quadrature ``tau ∫ da / ((s − u) Π_{j} a_j)``.

    Args:
        u: one strength for each mode, shape ``(k,)``.
        s: singular values, shape ``(k,)``.
        layers: layer strengths at the start, shape ``(L, k)``.
        tau: time constant, one number or one for each mode.

    Returns:
        Times, shape ``(k,)``; negative for strengths that lie before the start, infinite for those never reached.

    Raises:
        ValueError: an argument out of its domain.
        RuntimeError: the quadrature did not converge.

    Source:
        Integral of eq. (14) of Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, along its conserved quantities.

    Example:
        >>> learning_time([1.0], s=[2.0], layers=[[0.1], [0.2], [-0.5]]).round(4)
        array([2.7324])
    """
    layers, s = sized("learning_time", layers), checks.singular_values("learning_time", s)
    u, tau = checks.finite("learning_time", "u", u), checks.time_constant("learning_time", tau)
    if (
        layers.ndim != 2
        or len(layers) < 2
        or s.shape != layers.shape[1:]
        or not {u.shape, tau.shape} <= {(), (1,), s.shape}
    ):
        raise ValueError(
            f"learning_time needs layers of shape (L, k) with L >= 2, s of shape (k,) and u and tau of shape () or (k,), got "
            f"{layers.shape}, {s.shape}, {u.shape} and {tau.shape}: one strength for each layer and mode. Reshape them."
        )
    u, tau = np.broadcast_to(u, s.shape), np.broadcast_to(tau, s.shape)
    chains = [Chain(float(s[i]), layers[:, i]) for i in range(len(s))]
    return np.array([float(tau[i]) * duration(chain, float(u[i])) for i, chain in enumerate(chains)])


def duration(chain: Chain, u: float) -> float:
    """Time from the start of a chain to the strength u, in units of tau."""
    from scipy.integrate import quad  # 0.4 s to load

    u0 = chain.a0 * chain.product(chain.a0)
    if u == u0:
        return 0.0
    tied = chain.constants.min() == 0
    if (u >= chain.s) == (u0 < chain.s) or (tied and u * u0 <= 0):
        return math.inf

    def pace(angle: float) -> float:
        """Dt by the angle in ``a = scale · sinh(angle)``, in which decades of a are equally long."""
        a = chain.scale * math.sinh(angle)
        product = chain.product(a)
        return chain.scale * math.cosh(angle) / ((chain.s - a * product) * product)

    ends = (math.asinh(a / chain.scale) for a in (chain.a0, chain.weakest_at(u)))
    time, error, *_ = quad(pace, *ends, epsabs=0.0, epsrel=RTOL, limit=500, full_output=1)
    if not error <= 1e-9 * abs(time):
        raise RuntimeError(
            f"unequal_depth.learning_time needs its quadrature to converge, got an error of {error:.2g} in "
            f"{time:.6g} for s={chain.s!r}, layers {chain.start!r}. Read the time off `strength`."
        )
    return time


def motion(s: Array, layers: Array, tau: Array) -> Motion:
    """This law for modes with layer strengths ``layers``, shape ``(L, k)``."""
    start = {"s": s, "layers": layers, "tau": tau}
    learned = [Chain(float(s[i]), layers[:, i]).learned for i in range(len(s))]
    return Motion(
        strengths=lambda t: strength(t.ravel(), **start),
        learning_time=lambda u: learning_time(u, **start),
        condition=lambda t: condition(t.ravel(), **start),
        limits=np.where(learned, s, 0.0),
        layers=lambda t: each_layer(t.ravel(), **start),
    )
