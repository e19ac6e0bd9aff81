"""What greedy pretraining and its closed form share: the components a layer sees, the readouts, the checks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import choice, real_number, whole_number
from deeplinear.arrays import Array, real_array
from deeplinear.messages import shown
from deeplinear.task import Task
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
    given = real_array("pretrained", "readout", readout, "finite", "it is the last layer, or its scale. Pass 1.0.")
    if given.ndim == 0 and given >= 0:
        draws = rng.standard_normal((max(sizes[:-1]), sizes[-1]))
        return tuple(draws[:n].T * given / np.sqrt(n) for n in sizes[:-1])
    if given.shape != (sizes[-1], sizes[-2]):
        raise ValueError(
            f"pretrained needs readout >= 0 or a finite matrix of shape {(sizes[-1], sizes[-2])}, got readout={shown(readout)}: it "
            f"is the last layer. Pass 1.0 for scaled Gaussian weights."
        )
    return tuple(given if n == sizes[-2] else np.empty((sizes[-1], 0)) for n in sizes[:-1])


def checked_options(
    epochs: int, share: float, rate: float | None, start: str, strength: float, name: str = "pretrained"
) -> tuple[int, float, float | None, float]:
    """Epochs, share, rate and strength with which an autoencoder can be trained."""
    epochs = whole_number(name, "epochs", epochs, 0, advice="it counts steps. Pass 500.")
    share = real_number(name, "share", share, "0 <= · <= 1", "it is the share of the power left over. Pass 1e-3.")
    if rate is not None:
        rate = real_number(name, "rate", rate, "> 0", "nothing would be learned. Leave it out.")
    choice(name, "start", start, STARTS)
    strength = real_number(name, "strength", strength, "0 < · <= 1", "0 never learns and 1 is the end. Pass 1e-4.")
    return epochs, share, rate, strength
