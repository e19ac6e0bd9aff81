"""Every exact solution that `solve` knows: what it needs, where it is from, and in which order they are tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from deeplinear.exact.matrices import balanced, shallow, two_layer
from deeplinear.exact.modes import depth, discrete, sigmoid, unequal, unequal_depth
from deeplinear.exact.modes.trajectories import of_modes
from deeplinear.exact.readings import Start
from deeplinear.exact.trajectory import Trajectory

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.modes.motion import Motion

SAXE = "Saxe, McClelland & Ganguli 2014, arXiv:1312.6120"

CONDITIONS = {
    "white inputs": "Σ¹¹ = cI",
    "aligned inputs": "Σ¹¹ = V D Vᵀ: the task's input modes are principal components of the inputs",
    "decoupled": "W_l = R_{l+1} D_l R_lᵀ with diagonal D_l, R_1 = V, R_{L+1} = U: no layer mixes the task's modes",
    "balanced": "decoupled, and all layers of a mode equally strong",
    "right sign": "no mode starts with a negative strength",
    "λ-balanced": "W_2ᵀW_2 − W_1W_1ᵀ = λI, any λ",
    "balanced layers": "W_{l+1}ᵀW_{l+1} = W_lW_lᵀ for every hidden layer",
}


@dataclass(frozen=True)
class Formula:
    """One exact solution, unbound.

    Attributes:
        name: as shown to users; any part of it asks for this law.
        source: paper and equation.
        depths: numbers of weight matrices it is for, in words.
        fits: whether it is for this number of weight matrices.
        needs: names of the conditions in `CONDITIONS` that must hold.
        trajectory: a start that meets them and a time constant to a `Trajectory`.
        monotone: whether every mode's strength only rises or only falls.
        cites: keys of its papers in `deeplinear.exact.citations`.
        kind: ``"closed form"``, ``"integrated"`` or ``"recursion"``; a recursion takes steps of size 1 / tau and is used only
            when asked for.
    """

    name: str
    source: str
    depths: str
    fits: Callable[[int], bool]
    needs: tuple[str, ...]
    trajectory: Callable[[Start, float], Trajectory]
    monotone: bool
    cites: tuple[str, ...]
    kind: Literal["closed form", "integrated", "recursion"] = "closed form"

    def __reduce__(self) -> tuple[Callable[[str], Formula], tuple[str]]:
        """Pickled by name."""
        return formula_named, (self.name,)

    def aligned(self) -> Formula:
        """The same formula for task-aligned inputs."""
        needs = tuple("aligned inputs" if need == "white inputs" else need for need in self.needs)
        source = f"{self.source}; input powers by eq. (46) and a change of scale"
        return replace(self, name=f"task-aligned {self.name}", source=source, needs=needs)


def modes(motion: Callable[[Array, Array, Array], Motion]) -> Callable[[Start, float], Trajectory]:
    """A law of one mode as a law of decoupled networks."""
    return lambda start, tau: of_modes(motion, start.task, start.modes, start.weights, tau)


def equal_pair(s: Array, layers: Array, tau: Array) -> Motion:
    """The sigmoid, or where a product of layers leaves the range of float64 the same law by its layers."""
    return (unequal if (np.abs(layers) < unequal.TINY).any() else sigmoid).motion(s, layers, tau)


def two(layers: int) -> bool:
    """One hidden layer."""
    return layers == 2


def more(layers: int) -> bool:
    """Two hidden layers or more."""
    return layers > 2


# A new law is one file and one entry here, before the more general ones.
WHITE = (
    Formula(
        "two-layer sigmoid (Saxe et al. 2014, eq. 12)",
        f"{SAXE}, eq. (12)",
        "2",
        two,
        ("white inputs", "decoupled", "balanced"),
        modes(equal_pair),
        monotone=True,
        cites=("saxe2014exact",),
    ),
    Formula(
        "two-layer hyperbolic (Saxe et al. 2014, appendix A corrected)",
        f"{SAXE}, appendix A with its errors corrected, in the regular form of the λ-balanced solution",
        "2",
        two,
        ("white inputs", "decoupled"),
        modes(unequal.motion),
        monotone=True,
        cites=("saxe2014exact",),
    ),
    Formula(
        "equal layers of any depth (Saxe et al. 2014, eq. 15 integrated)",
        f"{SAXE}, eq. (15); closed-form times derived here",
        "> 2",
        more,
        ("white inputs", "decoupled", "balanced", "right sign"),
        modes(depth.motion),
        monotone=True,
        cites=("saxe2014exact",),
    ),
    Formula(
        "unequal layers of any depth (reduced to one scalar ODE per mode, integrated)",
        f"{SAXE}, eq. (14) and its conserved quantities; reduction derived here",
        "> 2",
        more,
        ("white inputs", "decoupled"),
        modes(unequal_depth.motion),
        monotone=True,
        cites=("saxe2014exact",),
        kind="integrated",
    ),
)
FORMULAS = (
    Formula(
        "shallow exponential (Saxe et al. 2019)",
        "Saxe, McClelland & Ganguli 2019, PNAS 116, 11537; any inputs and any start",
        "1",
        lambda layers: layers == 1,
        (),
        shallow.trajectory,
        monotone=False,
        cites=("saxe2019mathematical",),
    ),
    *WHITE,
    *(formula.aligned() for formula in WHITE),
    Formula(
        "two-layer matrix Riccati (Fukumizu 1998; Dominé et al. 2024)",
        "Fukumizu 1998; Braun et al. 2022; Dominé et al. 2024, arXiv:2409.14623; form without inverses derived here",
        "2",
        two,
        ("white inputs", "λ-balanced"),
        two_layer.trajectory,
        monotone=False,
        cites=("fukumizu1998effect", "braun2022exact", "domine2024lazy"),
    ),
    Formula(
        "end-to-end flow of balanced layers (Arora et al. 2018, integrated)",
        "Arora, Cohen & Hazan 2018, arXiv:1802.06509; Arora et al. 2019, arXiv:1905.13655; three-matrix form derived here",
        ">= 2",
        lambda layers: layers >= 2,
        ("balanced layers",),
        balanced.trajectory,
        monotone=False,
        cites=("arora2018optimization", "arora2019implicit"),
        kind="integrated",
    ),
    Formula(
        "discrete descent in the modes (recursion with steps of 1 / tau)",
        f"{SAXE}, eq. (1) in the variables of eq. (14)",
        ">= 1",
        lambda layers: layers >= 1,
        ("aligned inputs", "decoupled"),
        modes(discrete.descended),
        monotone=False,
        cites=("saxe2014exact",),
        kind="recursion",
    ),
)


def formula_named(name: str) -> Formula:
    """The formula of this very name.

    Raises:
        ValueError: there is none, as in a file that another version wrote.
    """
    for formula in FORMULAS:
        if formula.name == name:
            return formula
    raise ValueError(
        f"formula_named needs the whole name of a law, got name={name!r}: no law of this version is called so. Run "
        f"deeplinear laws for the names, and solve again."
    )
