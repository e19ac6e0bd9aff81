"""What is known of a start before it is drawn; the conformance suite measures every word of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from deeplinear.summary import first_line


@dataclass(frozen=True)
class Facts:
    """A start and what may be claimed of it.

    Attributes:
        start: the function itself.
        source: paper and equation.
        first: what it takes before the widths: ``"task"``, ``"data"`` (examples), ``"kernel"`` (its sizes; channels take
            the place of widths) or nothing.
        scale: its argument for how large weights are, one number or one for each of `counted`; None where data decide.
        counted: what `scale` is counted by.
        layers: number of weight matrices it is for; None for any.
        balanced: whether ``W_{l+1}ᵀ W_{l+1} = W_l W_lᵀ`` holds always, for square layers of one scale, or never.
        isometric: whether all singular values of a layer are equal.
        per_layer: whether layers are drawn on their own, so that `jax_style` has it too.
        returns: ``"weights"`` (W1, …, WL), a ``"reduction"`` or a ``"pretraining"`` that hold them, or one convolution
            ``"kernel"``.
    """

    start: Callable[..., Any]
    source: str
    first: Literal["task", "data", "kernel"] | None = None
    scale: str | None = "scale"
    counted: Literal["layers", "modes", "network", "kernel"] = "layers"
    layers: int | None = None
    balanced: Literal["always", "square", "never"] = "never"
    isometric: bool = False
    per_layer: bool = False
    returns: Literal["weights", "reduction", "pretraining", "kernel"] = "weights"

    @property
    def line(self) -> str:
        """What it is, in one line: the first of its docstring."""
        return first_line(self.start)

    @property
    def random(self) -> bool:
        """Whether anything is drawn."""
        return "rng" in inspect.signature(self.start).parameters

    def record(self) -> dict[str, Any]:
        """All facts, ready for JSON."""
        plain = {name: value for name, value in vars(self).items() if name != "start"}
        return {"line": self.line, "random": self.random} | plain
