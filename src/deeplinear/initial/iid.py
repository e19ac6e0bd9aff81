"""Independent entries: which law, and how wide it is for the layer's number of inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import sqrt
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator
from deeplinear.initial.widths import checked_scales, checked_widths
from deeplinear.weights import Weights


class Law(NamedTuple):
    """A law of independent entries.

    Attributes:
        shape: ``"normal"`` of standard deviation 1, or ``"uniform"`` between −1 and 1, before it is spread.
        spread: what that is multiplied by, from (inputs, outputs) of the layer.
    """

    shape: Literal["normal", "uniform"]
    spread: Callable[[int, int], float]


LAWS = {
    "gaussian": Law("normal", lambda n_in, n_out: 1 / sqrt(n_in)),
    "he": Law("normal", lambda n_in, n_out: sqrt(2 / n_in)),
    "glorot": Law("uniform", lambda n_in, n_out: sqrt(6 / (n_in + n_out))),
    "plain": Law("normal", lambda n_in, n_out: 1.0),
}

DRAWS: dict[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "uniform": lambda rng, size: rng.uniform(-1, 1, size),
}


def entries(
    function: str,
    widths: Sequence[int],
    rng: int | np.random.Generator | None,
    *,
    law: str | None = None,
    **scale: ArrayLike,
) -> Weights:
    """Weights of independent entries, drawn layer by layer.

    Args:
        function: who asks, for messages, and the name of the law unless ``law`` is given.
        widths: ``(n_in, …, n_out)``.
        rng: seed or generator.
        law: a name in `LAWS`.
        scale: one keyword, under the name by which the user knows it; > 0, one number or one for each layer.
    """
    sizes = checked_widths(function, widths)
    ((name, value),) = scale.items()
    scales = checked_scales(function, name, value, len(sizes) - 1, "layers")
    shape, spread = LAWS[law or function]
    rng = generator(function, rng)
    return tuple(
        a * spread(n_in, n_out) * DRAWS[shape](rng, (n_out, n_in))
        for a, (n_in, n_out) in zip(scales, pairwise(sizes), strict=True)
    )
