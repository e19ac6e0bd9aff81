"""Where weights start. Every start takes layer widths ``(n_in, …, n_out)`` and an ``rng``; `STARTS` holds their facts.

`jax_style` has those that are drawn layer by layer as JAX initialisers; it loads JAX when it is first used.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from deeplinear.initial.balanced import balanced
from deeplinear.initial.decoupled import decoupled
from deeplinear.initial.delta_orthogonal import delta_orthogonal
from deeplinear.initial.gaussian import gaussian
from deeplinear.initial.glorot import glorot
from deeplinear.initial.he import he
from deeplinear.initial.identity_like import identity_like
from deeplinear.initial.lambda_balanced import lambda_balanced
from deeplinear.initial.lsuv import lsuv
from deeplinear.initial.metadata import Facts as _Facts
from deeplinear.initial.orthogonal import orthogonal
from deeplinear.initial.pretrained import pretrained
from deeplinear.initial.pretrained_limit import pretrained_limit
from deeplinear.initial.reduced import reduced_decoupled, reduced_orthogonal

if TYPE_CHECKING:
    from deeplinear.initial import jax_style

__all__ = [
    "STARTS",
    "balanced",
    "decoupled",
    "delta_orthogonal",
    "gaussian",
    "glorot",
    "he",
    "identity_like",
    "jax_style",
    "lambda_balanced",
    "lsuv",
    "orthogonal",
    "pretrained",
    "pretrained_limit",
    "reduced_decoupled",
    "reduced_orthogonal",
]

_SAXE = "Saxe, McClelland & Ganguli 2014, arXiv:1312.6120"

STARTS = {
    facts.start.__name__: facts
    for facts in (
        _Facts(
            decoupled,
            f"{_SAXE}, sections 1.3 and 2, appendix C",
            first="task",
            scale="strength",
            counted="modes",
            balanced="always",
        ),
        _Facts(
            balanced,
            "Arora, Cohen & Hazan 2018, arXiv:1802.06509",
            scale="strength",
            counted="modes",
            balanced="always",
        ),
        _Facts(
            lambda_balanced,
            "Dominé et al. 2024, arXiv:2409.14623",
            scale="strength",
            counted="modes",
            layers=2,
        ),
        _Facts(
            orthogonal,
            f"{_SAXE}, section 3",
            scale="gain",
            balanced="square",
            isometric=True,
            per_layer=True,
        ),
        _Facts(gaussian, f"{_SAXE}, eq. (19)", per_layer=True),
        _Facts(glorot, "Glorot & Bengio 2010, eq. (16)", per_layer=True),
        _Facts(he, "He, Zhang, Ren & Sun 2015, arXiv:1502.01852, eq. (10)", per_layer=True),
        _Facts(
            identity_like,
            "Hardt & Ma 2017, arXiv:1611.04231; Bartlett, Helmbold & Long 2018, arXiv:1802.06093",
            per_layer=True,
        ),
        _Facts(lsuv, "Mishkin & Matas 2016, arXiv:1511.06422, algorithm 1", first="data", scale=None, isometric=True),
        _Facts(pretrained, f"{_SAXE}, section 3, appendix F", first="task", scale=None, returns="pretraining"),
        _Facts(pretrained_limit, f"{_SAXE}, section 3, eq. (18)", first="task", scale=None),
        _Facts(
            delta_orthogonal,
            "Xiao et al. 2018, arXiv:1806.05393, algorithm 2",
            first="kernel",
            scale="gain",
            counted="kernel",
            balanced="square",
            isometric=True,
            per_layer=True,
            returns="kernel",
        ),
        _Facts(
            reduced_orthogonal,
            "Mezzadri 2007, arXiv:math-ph/0609050; Bartlett 1933",
            first="task",
            scale="gain",
            counted="network",
            balanced="square",
            isometric=True,
            returns="reduction",
        ),
        _Facts(
            reduced_decoupled,
            f"{_SAXE}, sections 1.3 and 2, appendix C",
            first="task",
            scale="strength",
            counted="modes",
            balanced="always",
            returns="reduction",
        ),
    )
}


def __getattr__(name: str) -> ModuleType:
    if name == "jax_style":
        return importlib.import_module("deeplinear.initial.jax_style")
    raise AttributeError(f"module 'deeplinear.initial' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
