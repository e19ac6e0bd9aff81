"""Singular values of the end-to-end Jacobian of a finite network, all of them, however small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.activations import Activation
from deeplinear.arguments import flag
from deeplinear.arrays import as_float
from deeplinear.network import Network

if TYPE_CHECKING:
    from deeplinear.arrays import Array

NARROW = 12.0  # nats that the slopes of a layer may span beside its weights
STEP = 8.0  # nats of one factor of slopes alone; rounding costs it ε e^8


@overload
def log_jacobian_singular_values(
    network: Network, x: ArrayLike, *, rtol: float = 1e-6, error: Literal[False] = False
) -> Array: ...
@overload
def log_jacobian_singular_values(
    network: Network, x: ArrayLike, *, rtol: float = 1e-6, error: Literal[True]
) -> tuple[Array, float]: ...
def log_jacobian_singular_values(
    network: Network, x: ArrayLike, *, rtol: float = 1e-6, error: bool = False
) -> Array | tuple[Array, float]:
    r"""Logarithms of all singular values of ``J = ∂h_L/∂x = ∏_l W_l diag φ'(h_{l−1})`` at one input.

    Where float64 holds them all, J is multiplied out and takes one SVD, and how far rounding moved it is measured by random
    vectors on the way; where it does not (Gaussian weights, gains well below one, units that saturate), factors are kept
    apart as in `deeplinear.spectra.log_singular_values`, as many of them multiplied at once as ``rtol`` allows. Units with
    ``φ' = 0`` are left out first: a ReLU network costs a quarter, and its zeros are exact. Saturated units are no zeros:
    ``ln φ'`` is carried, whatever its size, in one more factor for every 8 nats that the slopes of a layer span.

    Args:
        network: the network; its own Jacobian is eq. (22), with ``activated_inputs`` from pre-activations on.
        x: one input, shape ``(n_0,)``.
        rtol: relative error of every finite s that is good enough.
        error: return an estimate of what it was.

    Returns:
        ``ln s``, descending, shape ``(min(n_0, n_L),)``; ``-inf`` where s is zero. With ``error``, also the order of the
        relative error of every finite s. It exceeds ``rtol`` where rounding of the weights themselves does: nearly
        singular ones.

    Raises:
        ValueError: x does not fit the network, is no single input or not finite; ``rtol`` is not between 0 and 1; a function
            of one's own saturates until rounding has taken its slope, and has no ``log_derivative``.
        TypeError: no network.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (22) and figure 7.

    Example:
        >>> from deeplinear import initial
        >>> net = Network(initial.orthogonal([50] * 100, gain=0.9, rng=0), "tanh", activated_inputs=True)
        >>> log_jacobian_singular_values(net, np.full(50, 2.0))[[0, -1]].round(3)
        array([-13.445, -17.707])
    """
    from deeplinear.spectra.products.log_singular import tolerance, within  # and SciPy's LAPACK with it

    rtol, error = tolerance("log_jacobian_singular_values", rtol), flag("log_jacobian_singular_values", "error", error)
    factors = Factors(network, single("log_jacobian_singular_values", network, x))
    logs = np.full(min(network.widths[0], network.widths[-1]), -np.inf)
    if factors.cut:
        return (logs, 0.0) if error else logs
    found, doubt = within(rtol, factors)
    logs[: len(found)] = found + factors.shift
    return (logs, doubt) if error else logs


def single(function: str, network: Network, x: ArrayLike) -> Array:
    """One finite input of the network."""
    if not isinstance(network, Network):
        raise TypeError(
            f"{function} needs a Network, got a {type(network).__name__}: the activation belongs to it. Pass "
            f"deeplinear.Network(weights, 'tanh')."
        )
    x = as_float(f"{function} needs one finite input, got x=", x)
    if x.shape != network.widths[:1]:
        raise ValueError(
            f"{function} needs one finite input, got x of shape {x.shape}: a Jacobian belongs to one place. "
            f"Pass x of shape {network.widths[:1]}, and call in a loop for many."
        )
    if not np.isfinite(x).all():
        raise ValueError(
            f"{function} needs a finite input, got {np.sum(~np.isfinite(x))} NaN or infinite numbers in x: they would spoil "
            f"every unit. Drop or fill them."
        )
    return x


def slopes(network: Network, x: Array) -> list[Array]:
    """φ' in front of every layer, W1 first; ones where inputs meet W1 as they are."""
    places = [x, *list(network.preactivations(x))[:-1]]
    first = network.activation.derivative(x) if network.activated_inputs else np.ones(len(x))
    return [first, *(network.activation.derivative(h) for h in places[1:])]


def signs(phi: Activation, x: Array) -> Array:
    """1 or -1, the sign of φ'; where that underflows, its sign half as far out, where it is the same (0 counts as 1)."""
    found = np.sign(phi.derivative(x))
    while (lost := (found == 0) & (np.abs(x) > 1) & np.isfinite(x)).any():
        x = x / 2
        found = np.where(lost, np.sign(phi.derivative(x)), found)
    return np.where(found == 0, 1.0, found)


class Factors(Sequence):
    """Factors whose product has the singular values of the Jacobian times ``e^(−shift)``, from its narrower end.

    Units that let nothing through are left out. The slopes of a layer may span any number of powers of ten, which costs no
    rank: they are divided by the largest, whose logarithm goes into ``shift``, and where the others lie more than `NARROW`
    nats below it they stand before their layer as diagonal factors of `STEP` nats each, which float64 can tell from singular.
    """

    def __init__(self, network: Network, x: Array):
        phi, self.weights = network.activation, network.weights
        below = list(network.preactivations(x))[:-1]
        bare = [] if network.activated_inputs else [np.zeros(len(x))]  # inputs meet W1 as they are
        places = below if bare else [x, *below]
        logs, turned = (
            bare + [phi.log_slope(h) for h in places],
            [np.ones(len(x))] * len(bare) + [signs(phi, h) for h in places],
        )
        whole = slice(None)
        self.open = [whole if np.isfinite(c).all() else np.flatnonzero(np.isfinite(c)) for c in logs] + [whole]
        logs, self.signs = ([c[units] for c, units in zip(part, self.open, strict=False)] for part in (logs, turned))
        self.cut = not all(map(len, logs))
        tops = [c.max(initial=-np.inf) for c in logs]
        self.shift = float(np.sum(tops))
        self.mirrored = network.widths[-1] < network.widths[0]
        # the logarithms of each factor, and the layer whose weights it has besides, if any
        self.plan: list[tuple[Array, int | None]] = []
        for layer, (c, top) in enumerate(zip(logs, tops, strict=True)):
            count, part = equal_parts(c - top)
            self.plan += [(part, None)] * count
            self.plan.append((np.zeros_like(c) if count else part, layer))
        if self.mirrored:
            self.plan.reverse()

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        logs, layer = self.plan[number]
        if layer is None:
            return np.diag(np.exp(logs))
        into, out_of = self.open[layer], self.open[layer + 1]
        w = self.weights[layer]
        w = w if isinstance(out_of, slice) else w[out_of]
        w = (w if isinstance(into, slice) else w[:, into]) * (self.signs[layer] * np.exp(logs))
        return w.T if self.mirrored else w


def equal_parts(logs: Array) -> tuple[int, Array]:
    """How many diagonal factors of `STEP` nats at most a scaling takes, and each one's logarithms; none if it is narrow."""
    span = -float(logs.min(initial=0.0))
    count = int(np.ceil(span / STEP)) if span > NARROW else 0
    return count, logs / max(count, 1)
