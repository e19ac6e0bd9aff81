"""Exact learning dynamics of deep linear networks, and gradient descent beside it."""

import importlib

TYPE_CHECKING = False  # of typing, which takes longer to load than all of this file
if TYPE_CHECKING:
    from deeplinear import activations, data, exact, initial, propagation, spectra, weights
    from deeplinear.curve import Curve
    from deeplinear.exact.kernels.regime import regime
    from deeplinear.exact.solve import solve
    from deeplinear.initial.consistency import consistency
    from deeplinear.network import Network
    from deeplinear.simulate.descent import descend
    from deeplinear.simulate.flow import flow
    from deeplinear.simulate.minibatch import descend_minibatch
    from deeplinear.simulate.train import train
    from deeplinear.task import Task

__all__ = [
    "Curve",
    "Network",
    "Task",
    "activations",
    "consistency",
    "data",
    "descend",
    "descend_minibatch",
    "exact",
    "flow",
    "initial",
    "propagation",
    "regime",
    "solve",
    "spectra",
    "train",
    "weights",
]

# A name loads its module when it is first used: SciPy and JAX take long to load, and the command line starts from here.
LAZY = {
    "Curve": "deeplinear.curve",
    "Task": "deeplinear.task",
    "Network": "deeplinear.network",
    "activations": "deeplinear.activations",
    "propagation": "deeplinear.propagation",
    "train": "deeplinear.simulate.train",
    "data": "deeplinear.data",
    "exact": "deeplinear.exact",
    "initial": "deeplinear.initial",
    "weights": "deeplinear.weights",
    "spectra": "deeplinear.spectra",
    "consistency": "deeplinear.initial.consistency",
    "regime": "deeplinear.exact.kernels.regime",
    "solve": "deeplinear.exact.solve",
    "descend": "deeplinear.simulate.descent",
    "descend_minibatch": "deeplinear.simulate.minibatch",
    "flow": "deeplinear.simulate.flow",
}


def __getattr__(name: str) -> object:
    if name not in LAZY:
        raise AttributeError(f"module 'deeplinear' has no attribute {name!r}")
    module = importlib.import_module(LAZY[name])
    return getattr(module, name, module)


def __dir__() -> list[str]:
    return __all__
