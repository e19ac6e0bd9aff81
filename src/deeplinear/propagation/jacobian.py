"""Singular values of the end-to-end Jacobian of a finite network, all of them, however small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.network import Network
from deeplinear.weights import numbers

if TYPE_CHECKING:
    from deeplinear.task import Array


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
    ``φ' = 0`` are left out first: a ReLU network costs a quarter, and its zeros are exact.

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
        ValueError: x does not fit the network, is no single input or not finite; ``rtol`` is not between 0 and 1.
        TypeError: no network.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (22) and figure 7.

    Example:
        >>> from deeplinear import initial
        >>> net = Network(initial.orthogonal([50] * 100, gain=0.9, rng=0), "tanh", activated_inputs=True)
        >>> log_jacobian_singular_values(net, np.full(50, 2.0))[[0, -1]].round(3)
        array([-13.445, -17.707])
    """
    from deeplinear.spectra.log_singular import tolerance, within  # and SciPy's LAPACK with it

    rtol = tolerance("log_jacobian_singular_values", rtol)
    factors = Factors(network, single("log_jacobian_singular_values", network, x))
    logs = np.full(min(network.widths[0], network.widths[-1]), -np.inf)
    if factors.cut:
        return (logs, 0.0) if error else logs
    found, doubt = within(rtol, factors)
    logs[: len(found)] = found
    return (logs, doubt) if error else logs


def single(function: str, network: Network, x: ArrayLike) -> Array:
    """One finite input of the network."""
    if not isinstance(network, Network):
        raise TypeError(
            f"{function} needs a Network, got a {type(network).__name__}: the activation belongs to it. Pass "
            f"deeplinear.Network(weights, 'tanh')."
        )
    x = numbers(f"{function} needs", "x", x)
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


class Factors(Sequence):
    """The factors of the Jacobian without units that let nothing through, from its narrower end; made when read."""

    def __init__(self, network: Network, x: Array):
        self.weights = network.weights
        self.slopes = slopes(network, x)
        whole = slice(None)
        self.open = [whole if s.all() else np.flatnonzero(s) for s in self.slopes]
        self.open.append(whole)
        self.cut = not all(s.any() for s in self.slopes)
        self.mirrored = network.widths[-1] < network.widths[0]

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, number):
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        number = range(len(self))[:: -1 if self.mirrored else 1][number]
        into, out_of = self.open[number], self.open[number + 1]
        w = self.weights[number]
        w = w if isinstance(out_of, slice) else w[out_of]
        w = (w if isinstance(into, slice) else w[:, into]) * self.slopes[number][into]
        return w.T if self.mirrored else w
