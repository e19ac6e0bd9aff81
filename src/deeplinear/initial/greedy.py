"""What greedy pretraining and its closed form share: the components a layer sees, the readouts, the checks."""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.task import Array, Task
from deeplinear.weights import Weights

LEARNABLE = 1e-12  # share of the largest power below which no autoencoder learns: it would take 1e12 epochs
ROUNDING = 1e-12  # share of the largest power below which a component of a representation is round-off
STARTS = ("random", "aligned")


def occurring(task: Task, share: float = 0.0) -> tuple[Array, Array]:
    """Powers and principal components of the inputs, without those of no power or less than a share of the largest."""
    powers, vectors = task.input_modes
    keep = powers > share * powers[0]
    return powers[keep], vectors[:, keep]


def ordered(powers: Array, vectors: Array) -> tuple[Array, Array]:
    """Components by descending power, without those that do not occur."""
    order = np.argsort(-powers, kind="stable")
    order = order[powers[order] > 0]
    return powers[order], vectors[:, order]


def represented(encoder: Array, powers: Array) -> tuple[Array, Array]:
    """Powers and principal components of ``A Λ Aᵀ``, from the smaller side."""
    tall = encoder.shape[0] > encoder.shape[1]
    frame, inner = np.linalg.qr(encoder) if tall else (None, encoder)
    found, vectors = np.linalg.eigh((inner * powers) @ inner.T)
    found = np.where(found > ROUNDING * found[-1], found, 0.0)
    return ordered(found, vectors if frame is None else frame @ vectors)


def last_layers(sizes: tuple[int, ...], readout: float | ArrayLike, rng: np.random.Generator) -> Weights:
    """A readout on the inputs and on each hidden layer; empty where a given matrix does not fit."""
    given = np.asarray(readout, dtype=np.float64)
    if given.ndim == 0 and np.isfinite(given) and given >= 0:
        draws = rng.standard_normal((max(sizes[:-1]), sizes[-1]))
        return tuple(draws[:n].T * given / np.sqrt(n) for n in sizes[:-1])
    if given.shape != (sizes[-1], sizes[-2]) or not np.isfinite(given).all():
        raise ValueError(
            f"pretrained needs readout >= 0 or a finite matrix of shape {(sizes[-1], sizes[-2])}, got readout={readout!r}: it "
            f"is the last layer. Pass 1.0 for scaled Gaussian weights."
        )
    return tuple(given if n == sizes[-2] else np.empty((sizes[-1], 0)) for n in sizes[:-1])


def checked_options(
    epochs: int, share: float, rate: float | None, start: str, strength: float, name: str = "pretrained"
) -> None:
    """Refuse what no autoencoder can be trained with."""
    try:
        whole = operator.index(epochs)
    except TypeError:
        whole = -1
    if whole < 0:
        raise ValueError(f"{name} needs whole epochs >= 0, got epochs={epochs!r}: it counts steps. Pass 500.")
    if not 0 <= share <= 1:
        raise ValueError(
            f"{name} needs 0 <= share <= 1, got share={share!r}: it is the share of the power left over. Pass 1e-3."
        )
    if rate is not None and not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"{name} needs rate > 0, got rate={rate!r}: nothing would be learned. Leave it out.")
    if start not in STARTS:
        raise ValueError(
            f"{name} needs start in {', '.join(STARTS)}, got start={start!r}: no other is known. Pick one."
        )
    if not 0 < strength <= 1:
        raise ValueError(
            f"{name} needs 0 < strength <= 1, got strength={strength!r}: 0 never learns and 1 is the end. Pass 1e-4."
        )
