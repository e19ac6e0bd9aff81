"""Exact solutions for the learning dynamics of deep linear networks, compared with gradient descent.

- `solve(task, weights)` returns the exact law of learning, a `Law`; `regime(task, weights)` says whether a start learns richly.
- `descend`, `descend_minibatch` and `flow` simulate deep linear networks; `train` trains a `Network` with any activation.
- `predict(task)` says which modes of a data set are learned, when, and at which learning rate.
- A `Task` is what is to be learned (from `data`, or `Task.from_data(x, y)`); weights are tuples of arrays (from `initial`);
  a `Curve` is what learning looks like; `Run` and `Training` are curves of descent and of training; a `Reduction` is the narrow
  network that moves exactly as a wide one does.
- `exact` holds the laws; `curvature`, `kernels`, `generalisation` and `development` ask questions of them; `spectra` holds laws of
  random matrices; `propagation` says whether signals and gradients survive depth; `consistency` whether pretraining helps.
"""

import importlib

TYPE_CHECKING = False  # of typing, which takes longer to load than all of this file
if TYPE_CHECKING:
    from deeplinear import (
        activations,
        curvature,
        data,
        development,
        exact,
        generalisation,
        initial,
        kernels,
        propagation,
        spectra,
        weights,
    )
    from deeplinear.curve import Curve
    from deeplinear.exact.law import Law
    from deeplinear.exact.solve import solve
    from deeplinear.initial.consistency import consistency
    from deeplinear.kernels.rich_lazy import regime
    from deeplinear.network import Network
    from deeplinear.reduction import Reduction
    from deeplinear.report.predict import predict
    from deeplinear.simulate.linear.descent import descend
    from deeplinear.simulate.linear.flow import flow
    from deeplinear.simulate.linear.minibatch import descend_minibatch
    from deeplinear.simulate.linear.run import Run
    from deeplinear.simulate.nonlinear.train import train
    from deeplinear.simulate.nonlinear.training import Training
    from deeplinear.task import Task

    __version__: str

__all__ = [
    "Curve",
    "Law",
    "Network",
    "Reduction",
    "Run",
    "Task",
    "Training",
    "activations",
    "consistency",
    "curvature",
    "data",
    "descend",
    "descend_minibatch",
    "development",
    "exact",
    "flow",
    "generalisation",
    "initial",
    "kernels",
    "predict",
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
    "Law": "deeplinear.exact.law",
    "Network": "deeplinear.network",
    "Reduction": "deeplinear.reduction",
    "Run": "deeplinear.simulate.linear.run",
    "Task": "deeplinear.task",
    "Training": "deeplinear.simulate.nonlinear.training",
    "consistency": "deeplinear.initial.consistency",
    "descend": "deeplinear.simulate.linear.descent",
    "descend_minibatch": "deeplinear.simulate.linear.minibatch",
    "flow": "deeplinear.simulate.linear.flow",
    "predict": "deeplinear.report.predict",
    "regime": "deeplinear.kernels.rich_lazy",
    "solve": "deeplinear.exact.solve",
    "train": "deeplinear.simulate.nonlinear.train",
}


def __getattr__(name: str) -> object:
    if name in LAZY:
        return getattr(importlib.import_module(LAZY[name]), name)
    if name in __all__:
        return importlib.import_module(f"deeplinear.{name}")
    if name == "__version__":
        from importlib.metadata import version

        return version("deeplinear")
    raise AttributeError(f"module 'deeplinear' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
