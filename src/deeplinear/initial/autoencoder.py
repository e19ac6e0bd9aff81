"""One linear autoencoder by gradient descent, in the principal components of what it reconstructs.

With inputs in the basis Q of ``C = Q Λ Qᵀ``, encoder A, decoder B and ``M = B A``, full-batch descent on
``½ Σ ‖x − B A x‖²`` takes the steps

    A ← A + η Bᵀ (I − M) Λ,        B ← B + η (I − M) Λ Aᵀ,

which see the examples only through their powers Λ. From ``A = R D``, ``B = D Rᵀ`` with orthonormal columns R every
component is one number, ``a ← a + η λ a (1 − a²)``. At ``η λ = ½`` that is the Newton-Schulz iteration for the
orthogonal factor, so white inputs take a handful of epochs once the weights have grown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import real_number
from deeplinear.arrays import real_array

if TYPE_CHECKING:
    from deeplinear.arrays import Array

OUT_OF_BOUNDS = 1e3  # times the power of the inputs: diverged


class Descent(NamedTuple):
    """One trained autoencoder.

    Attributes:
        encoder: shape ``(hidden, n)``; of an aligned one its diagonal, shape ``(k,)``.
        decoder: shape ``(n, hidden)``; of an aligned one the same diagonal.
        errors: ``½ Σ ‖x − B A x‖²`` at every epoch, the first before any, shape ``(epochs + 1,)``.
    """

    encoder: Array
    decoder: Array
    errors: Array


def autoencode(
    encoder: Array, decoder: Array, *, powers: Array, rate: float, epochs: int, until: float = 0.0
) -> Descent:
    """Descend an encoder and a decoder given in the principal components of their inputs.

    Where the hidden layer is wider than both can fill, they are moved inside the directions that they do fill, exactly.

    Args:
        encoder: A, shape ``(hidden, n)``.
        decoder: B, shape ``(n, hidden)``.
        powers: λ, input power along each component, shape ``(n,)``.
        rate: η.
        epochs: most steps.
        until: stop when the error is at or below this.

    Raises:
        ValueError: the error diverged.
    """
    if encoder.shape[0] > 2 * len(powers):
        frame = np.linalg.qr(np.hstack([encoder, decoder.T]))[0]
        inner = autoencode(frame.T @ encoder, decoder @ frame, powers=powers, rate=rate, epochs=epochs, until=until)
        return Descent(frame @ inner.encoder, inner.decoder @ frame.T, inner.errors)
    encoder, decoder, errors = encoder.copy(), decoder.copy(), []
    diagonal, bound = np.diag_indices(len(powers)), OUT_OF_BOUNDS * powers.sum()
    for epoch in range(epochs + 1):
        residual = decoder @ encoder
        np.negative(residual, out=residual)
        residual[diagonal] += 1.0
        errors.append(0.5 * float(np.einsum("ij,ij,j->", residual, residual, powers)))
        if finished(errors, epoch, epochs, until, bound, rate):
            break
        residual *= rate * powers
        step = decoder.T @ residual
        decoder += residual @ encoder.T
        encoder += step
    return Descent(encoder, decoder, np.array(errors))


def autoencode_aligned(
    diagonal: Array, *, powers: Array, rate: float, epochs: int, until: float = 0.0, rest: float = 0.0
) -> Descent:
    """The same descent from an aligned start, one number a component: exact, and practically free.

    Args:
        diagonal: a of each component at the start, shape ``(k,)``.
        powers: λ of these components, shape ``(k,)``.
        rate: η.
        epochs: most steps.
        until: stop when the error is at or below this.
        rest: power of the components beyond the k, which a narrow hidden layer never reconstructs.

    Raises:
        ValueError: the error diverged.
    """
    a, errors, bound = diagonal.copy(), [], OUT_OF_BOUNDS * powers.sum()
    for epoch in range(epochs + 1):
        residual = 1 - a**2
        errors.append(0.5 * float(powers @ residual**2 + rest))
        if finished(errors, epoch, epochs, until, bound, rate):
            break
        a = a + rate * powers * residual * a
    return Descent(a, a, np.array(errors))


def finished(errors: list[float], epoch: int, epochs: int, until: float, bound: float, rate: float) -> bool:
    """Whether an autoencoder is done, after refusing one that diverges."""
    if not errors[-1] <= bound:
        raise ValueError(
            f"pretrained needs a stable rate, got rate={rate:.6g}: the reconstruction error diverged at epoch "
            f"{epoch}. Leave it out, or pass less than 1 / the largest input power."
        )
    return epoch == epochs or errors[-1] <= until


def passed(epochs: ArrayLike, *, power: ArrayLike, rate: ArrayLike, strength: ArrayLike) -> Array:
    r"""How much of a principal component an autoencoder passes on, ``u = q_jᵀ B A q_j``, in the flow limit.

    Solves ``du/dt = 2 η λ u (1 − u)``, ``u(0) = strength``: the sigmoid of a mode whose s and d are both λ.

    Args:
        epochs: t ``>= 0``; ``inf`` for the end.
        power: λ of the component, ``>= 0``.
        rate: η ``> 0``.
        strength: u at the start, in ``(0, 1]``.

    Returns:
        u, broadcast; tends to 1 where ``power > 0``.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (12) with (46) for autoencoding, ``s = d = λ``.

    Example:
        >>> passed([0.0, 10.0, 1e9], power=1.0, rate=0.5, strength=0.01).round(4)
        array([0.01  , 0.9955, 1.    ])
    """
    power, u0 = np.asarray(power, dtype=np.float64), np.asarray(strength, dtype=np.float64)
    with np.errstate(invalid="ignore"):  # inf epochs of no power
        grown = np.where(power > 0, 2 * np.asarray(rate) * power * np.asarray(epochs, dtype=np.float64), 0.0)
    return u0 / (u0 + (1 - u0) * np.exp(-grown))


def compounded(
    powers: Array, *, layers: int, epochs: ArrayLike, strength: float = 1e-4, rate: float | None = None
) -> Array:
    """How much of each component a stack of pretrained layers passes on, ``Π_l M_l``, in the flow limit.

    Every layer sees its inputs with the power that the layers below have left of it.

    Args:
        powers: λ of each component, shape ``(n,)``.
        layers: how many encoders.
        epochs: one number or one for each of them; ``inf`` for the end.
        strength: M of each layer at the start, in ``(0, 1]``.
        rate: of every layer; if not given ``1/2λ`` with λ the largest power that the layer sees.

    Returns:
        Squared singular values of the stack, shape ``(n,)``.

    Example:
        >>> compounded(np.array([4.0, 1.0]), layers=2, epochs=40).round(4)
        array([1.    , 0.0608])
    """
    left = np.ones(len(powers))
    ever = "they are the durations of pretraining. Pass one number, or one for each layer."
    durations = real_array("compounded", "epochs", epochs, ">= 0 or infinite", ever)
    strength = real_number("compounded", "strength", strength, "0 < · <= 1", "0 never learns. Pass 1e-4.")
    if rate is not None:
        rate = real_number("compounded", "rate", rate, "> 0", "nothing would be learned. Leave it out.")
    if durations.shape not in ((), (1,), (layers,)):
        raise ValueError(f"compounded needs epochs of shape () or ({layers},), got shape {durations.shape}: {ever}")
    for duration in np.broadcast_to(durations, layers):
        seen = powers * left
        step = 0.5 / seen.max() if rate is None else rate
        left = left * passed(duration, power=seen, rate=step, strength=strength)
    return left
