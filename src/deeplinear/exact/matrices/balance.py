"""Weights read as matrices: by how much do neighbouring layers differ, and is it the same in every direction?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.weights import Weights

if TYPE_CHECKING:
    from deeplinear.arrays import Array

PROBED = 256  # widest hidden layer of which every direction is looked at
PROBES = 16


@dataclass(frozen=True, eq=False)
class Balance:
    """What gradient flow conserves, ``W_{l+1}ᵀW_{l+1} − W_lW_lᵀ``, compared with a multiple of the identity.

    Attributes:
        imbalance: λ of two layers, ``W_2ᵀW_2 − W_1W_1ᵀ = λI``; the mean of the diagonal where it is no such multiple.
        residuals: condition to measured residual, 0 where it holds exactly: ``λ-balanced`` (distance from λI, two layers
            only) and ``balanced layers`` (distance from 0, any depth), both relative to the size of ``W_lW_lᵀ``.
    """

    imbalance: float
    residuals: dict[str, float]


def read(weights: Weights) -> Balance:
    """The imbalance of checked weights ``(W1, …, WL)``.

    Residuals of hidden layers wider than `PROBED` are estimated by what the matrices do to a few random vectors, which is
    unbiased, and 0 only for 0.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 1.3; λ-balanced: Dominé et al. 2024,
        arXiv:2409.14623.

    Example:
        >>> read((np.array([[3.0]]), np.array([[5.0]]))).imbalance
        16.0
    """
    imbalance, spread, distance = 0.0, 0.0, 0.0
    for below, above in itertools.pairwise(weights):
        probes = random_or_all(len(below))
        inner, outer = below @ (below.T @ probes), above.T @ (above @ probes)
        size = max(float(np.linalg.norm(inner) + np.linalg.norm(outer)), np.finfo(float).tiny)
        distance = max(distance, float(np.linalg.norm(outer - inner)) / size)
        if len(weights) == 2:
            imbalance = float(np.vdot(above, above) - np.vdot(below, below)) / len(below)
            spread = float(np.linalg.norm(outer - inner - imbalance * probes)) / size
    residuals = {"balanced layers": distance} | ({"λ-balanced": spread} if len(weights) == 2 else {})
    return Balance(imbalance, residuals)


def random_or_all(width: int) -> Array:
    """Unit vectors in columns, or random ones that stand for them: shape ``(width, …)``."""
    if width <= PROBED:
        return np.eye(width)
    return np.random.default_rng(0).standard_normal((width, PROBES))
