"""Arguments for random calls: good ones, good ones in odd containers, and bad ones."""

from __future__ import annotations

import datetime
import inspect
import math
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl

import deeplinear as dl

N_IN, HIDDEN, N_OUT, EXAMPLES = 3, 4, 2, 12
ACTIVATIONS = ["tanh", "relu", "erf", "linear", np.tanh, "hard_tanh", "gelu", dl.activations.ACTIVATIONS["sigmoid"]]


class Tensor:
    """What a torch tensor that carries a gradient does when NumPy asks for its numbers."""

    requires_grad = True

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)
        self.shape, self.dtype = self.values.shape, "torch.float64"

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    def detach(self) -> Detached:
        """Without its gradient."""
        return Detached(self.values)


@dataclass
class Detached:
    """A tensor without gradient, perhaps on a device."""

    values: Any

    def cpu(self) -> Any:
        """On the processor."""
        return self.values


@dataclass(frozen=True)
class Draw:
    """One argument.

    Attributes:
        value: to pass.
        kind: ``"good"``, ``"odd"`` (good, in another container) or what is bad about it.
    """

    value: Any
    kind: str = "good"


class World:
    """Tasks, networks and curves that fit each other, for arguments that must."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.x, self.y = rng.normal(size=(EXAMPLES, N_IN)), rng.normal(size=(EXAMPLES, N_OUT))
        self.white = dl.Task.from_modes([3.0, 1.0], n_in=N_IN, n_out=N_OUT)
        self.items = dl.Task.from_correlations(np.eye(N_IN), [[1.0, 1, 1], [1, 1, 0]])
        self.data = dl.Task.from_data(self.x, self.y)
        self.tasks = [self.white, self.items, self.data, dl.Task.from_data(self.x, self.y, inputs="white")]
        self.starts = [
            dl.initial.decoupled(self.white, [N_IN, HIDDEN, N_OUT], strength=0.01, rng=0),
            dl.initial.gaussian([N_IN, HIDDEN, N_OUT], std=0.1, rng=1),
            dl.initial.balanced([N_IN, HIDDEN, HIDDEN, N_OUT], strength=0.1, rng=2),
            dl.initial.orthogonal([N_IN, HIDDEN, N_OUT], gain=0.5, rng=3),
        ]
        self.networks = [dl.Network(self.starts[1], "tanh"), dl.Network(self.starts[3], "relu", activated_inputs=True)]
        self.law = dl.solve(self.white, self.starts[0])
        self.curve = self.law(np.linspace(0, 10, 21))
        self.run = dl.descend(self.white, self.starts[0], rate=0.02, steps=50)
        self.factors = dl.exact.ntk.factors(self.starts[0])
        self.path = dl.curvature.sharpness_path(self.law, [0.0, 1.0, 3.0])


def good(world: World, rng: np.random.Generator, name: str, annotation: str) -> Any:
    """A value that this argument is meant to take, where its name or its annotation says which; else a number."""

    def one(*values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    def several(low: float, high: float, shape: Any = None) -> Any:
        size = one((), (2,), (2,)) if shape is None else shape
        values = rng.uniform(low, high, size=size)
        return float(values) if size == () else values

    whole = "int" in annotation and "ArrayLike" not in annotation and "Sequence" not in annotation
    times = one(0.0, 1.5, np.linspace(0, 5, 6), [0.0, 0.5, 3.0])
    table = {
        "task": lambda: one(*world.tasks) if rng.random() < 0.3 else world.white,
        "data": lambda: one(world.white, (world.x, world.y), (world.x, world.y)),
        "modes": lambda: one(None, world.white),
        "network": lambda: one(*world.networks),
        "curve": lambda: one(world.curve, world.run),
        "other": lambda: world.curve,
        "path": lambda: world.path,
        "law": lambda: one(world.law, world.run) if "Law" in annotation else one(None, "two-layer", "any depth"),
        "factors": lambda: world.starts[0] if "Iterable" in annotation else world.factors,
        "first": lambda: world.factors,
        "second": lambda: dl.exact.ntk.factors(world.starts[1]),
        "end": lambda: world.factors,
        "weights": lambda: one("orthogonal", "gaussian") if "Literal" in annotation else one(*world.starts),
        "biases": lambda: [np.zeros(HIDDEN), np.zeros(N_OUT)],
        "activation": lambda: one(*ACTIVATIONS),
        "which": lambda: one("largest", "smallest", "both") if "Literal" in annotation else one(*ACTIVATIONS),
        "function": lambda: one(np.square, np.exp, np.cos),
        "x": lambda: one(world.x, world.x[0]) if "None" not in annotation else world.x,
        "y": lambda: one(world.y, world.y[:, 0]),
        "evaluate": lambda: (world.x, world.y),
        "maps": lambda: rng.normal(size=one((N_OUT, N_IN), (4, N_OUT, N_IN))),
        "teacher": lambda: one(1.0, 2.0) if annotation == "float" else np.diag([3.0, 1.0, 0.0])[:2],
        "start": lambda: several(0, 2, ()) if "float" in annotation else one("random", "aligned"),
        "input_correlation": lambda: world.data.input_correlation,
        "input_output_correlation": lambda: world.data.input_output_correlation,
        "output_power": lambda: 1e4,
        "adjacency": lambda: np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]]),
        "items": lambda: one(5, 8) if whole else one(None, [0, 1]),
        "features": lambda: one(3, 10),
        "members": lambda: 3,
        "shared": lambda: 2,
        "levels": lambda: one(1, 2, 3),
        "branching": lambda: 2,
        "sizes": lambda: [2, 3],
        "widths": lambda: one([N_IN, HIDDEN, N_OUT], (N_IN, HIDDEN, HIDDEN, N_OUT)),
        "kernel_size": lambda: (3, 3),
        "c_in": lambda: 2,
        "c_out": lambda: one(2, 4),
        "t": lambda: times,
        "times": lambda: times if rng.random() < 0.7 else np.linspace(0, 5, 6),
        "steps": lambda: one(1, 7, 40) if whole else one(3, [0, 1, 10]),
        "limit": lambda: one(5, 100),
        "record": lambda: one(None, 2, [0, 1]),
        "batch": lambda: one(2, 5),
        "epochs": lambda: one(3, 20),
        "s": lambda: several(0.5, 4, (2,) if rng.random() < 0.6 else None),
        "singular_values": lambda: (6.0, 3.0),
        "layers": lambda: rng.uniform(0.05, 0.5, size=(2, 2)) if "ArrayLike" in annotation else one(1, 2),
        "layers0": lambda: rng.uniform(0.05, 0.5, size=(2, 2)),
        "u": lambda: several(0.2, 0.9),
        "u0": lambda: one(1e-3, 0.01, [1e-3, 0.1]) if "ArrayLike" in annotation else 1e-3,
        "a0": lambda: several(0.05, 0.5),
        "b0": lambda: several(0.05, 0.5),
        "c0": lambda: several(0.05, 0.5),
        "theta0": lambda: several(-1, -0.5),
        "uf": lambda: 0.4,
        "tau": lambda: one(1.0, 100.0),
        "rate": lambda: one(0.01, 0.02) if rng.random() < 0.7 else [0.01, 0.02],
        "depth": lambda: one(2, 3, 5),
        "layer": lambda: 1,
        "dimensions": lambda: one(1, 2),
        "strengths": lambda: rng.uniform(0.1, 1, size=(2,)),
        "targets": lambda: rng.uniform(1, 2, size=(2,)),
        "strength": lambda: one(0.01, 0.1),
        "n_in": lambda: one(N_IN, 5),
        "n_out": lambda: one(N_OUT, 4),
        "hidden": lambda: one(HIDDEN, 2),
        "k": lambda: one(1, 2, 3),
        "n": lambda: one(2, 8),
        "realisations": lambda: one(1, 3),
        "workers": lambda: 1,
        "rng": lambda: one(0, 7, None, np.random.default_rng(3)),
        "random_state": lambda: one(0, None, np.random.default_rng(3)),
        "size": lambda: one(None, 5, (2, 3)),
        "p": lambda: several(0, 1),
        "confidence": lambda: several(0.1, 0.9, ()),
        "z": lambda: several(-1, 1),
        "order": lambda: one(1, 2),
        "orders": lambda: (1, 2),
        "probes": lambda: one(3, 8),
        "momentum": lambda: one(0.0, 0.5),
        "weight_decay": lambda: one(0.0, 0.01),
        "until": lambda: one(0.5, 4.0),
        "stop": lambda: one("first", "all"),
        "dtype": lambda: one(np.float64, np.float32, "float32"),
        "inputs": lambda: one("raw", "centred", "white"),
        "reduction": lambda: one("sum", "mean"),
        "loss": lambda: "squared" if "Literal" in annotation else np.exp(-np.arange(6.0)),
        "optimiser": lambda: one("sgd", "adam"),
        "kind": lambda: one("bernoulli", "smooth"),
        "variance_of": lambda: one("preactivations", "activations"),
        "tolerance": lambda: one(0.1, 1e-6),
        "rtol": lambda: one(1e-6, 1e-8),
        "atol": lambda: 1e-10,
        "fraction": lambda: several(0.1, 0.9, ()),
        "flip": lambda: one(0.1, 0.3),
        "inside": lambda: 0.8,
        "outside": lambda: 0.2,
        "share": lambda: 1e-3,
        "cutoff": lambda: one(0.0, 1e-3),
        "used": lambda: np.array([True, False]),
        "draws": lambda: 3,
        "c": lambda: several(0, 1, ()),
        "q": lambda: several(0, 1) if "ArrayLike" in annotation else several(0.2, 1, ()),
        "imbalance": lambda: one(0.0, 0.5),
        "variances": lambda: one(None, (1.0, 0.8)),
        "input_variance": lambda: one(1.0, 0.5),
        "noise": lambda: 0.1,
        "index": lambda: 0,
        "kinks": lambda: one((), (0.0,)),
        "log_derivative": lambda: None,
        "feature_names": lambda: ["a", "b", "c"],
        "target_names": lambda: None,
        "names": lambda: ["a", "b", "c"],
        "beta": lambda: rng.normal(size=3),
        "w": lambda: rng.normal(size=(N_OUT, N_IN)),
        "eigenvalues": lambda: one(False, True) if "bool" in annotation else several(0.1, 2),
        "log_s": lambda: several(-3, 0),
        "weight_std": lambda: several(0.5, 2, ()) if "ArrayLike" not in annotation else [0.5, 1.5],
        "bias_std": lambda: several(0, 1, ()) if "ArrayLike" not in annotation else [0.0, 0.5],
        "gain": lambda: one(0.9, 1.0, 1.1),
    }
    if "bool" in annotation and name not in table:
        return bool(rng.integers(2))
    return table[name]() if name in table else one(2, 3) if whole else several(0.2, 1.5, ())


def odd(rng: np.random.Generator, value: Any) -> Any:
    """The same numbers in another container; anything else as it is."""
    if isinstance(value, bool | str) or value is None or callable(value):
        return value
    if isinstance(value, int):
        return [np.int64(value), np.int32(value), np.array(value), np.uint8(value % 256)][int(rng.integers(4))]
    numeric = isinstance(value, float | np.ndarray) or (
        isinstance(value, list) and all(isinstance(each, int | float) for each in value)
    )
    if not numeric:
        return value
    array = np.asarray(value, dtype=np.float64)
    frozen = array.copy()
    frozen.flags.writeable = False
    stretched = np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array
    forms = [
        array.tolist(),
        array.astype(np.float32),
        array.astype(">f8"),
        array.astype(np.float16),
        array.astype(object),
        array.astype(np.longdouble),
        np.ma.masked_invalid(array),
        np.asfortranarray(array),
        frozen,
        stretched,
        jnp.asarray(array),
        jnp.asarray(array, jnp.bfloat16),
        Tensor(array),
    ]
    if array.ndim == 1:
        forms += [tuple(array.tolist()), pd.Series(array), pl.Series(array), pd.Series(array, dtype="Float64")]
        forms += [[Tensor(each) for each in array]]
    if array.ndim == 2:
        names = [f"c{i}" for i in range(array.shape[1])]
        forms += [pd.DataFrame(array, columns=names), pl.DataFrame(array, schema=names), array.tolist()]
    return forms[int(rng.integers(len(forms)))]


BAD: list[tuple[str, Any]] = [
    ("text", "1"),
    ("text", "a"),
    ("text", ["1", "2"]),
    ("text", np.array(["0.5", "1"])),
    ("text", b"1"),
    ("complex", 1j),
    ("complex", np.array([1 + 1j, 2])),
    ("complex", np.complex128(0.5)),
    ("dates", np.array(["2020-01-01"], dtype="datetime64[D]")),
    ("dates", datetime.date(2020, 1, 1)),
    ("masked", np.ma.masked_equal([1.0, -999.0], -999.0)),
    ("NaN", math.nan),
    ("NaN", np.array([0.5, math.nan])),
    ("NaN", pd.Series([1, None], dtype="Int64")),
    ("infinite", math.inf),
    ("infinite", -math.inf),
    ("infinite", [1.0, math.inf]),
    ("negative", -1),
    ("negative", -0.5),
    ("negative", [-1.0, 1.0]),
    ("zero", 0),
    ("zero", 0.0),
    ("zero", [0.0, 0.0]),
    ("huge", 1e300),
    ("huge", 2**70),
    ("huge", [1e200, 1.0]),
    ("tiny", 1e-300),
    ("tiny", 5e-324),
    ("fraction", 2.5),
    ("true", True),
    ("nothing", None),
    ("empty", []),
    ("empty", np.zeros((0, 3))),
    ("empty", ()),
    ("ragged", [[1.0, 2.0], [3.0]]),
    ("shape", np.ones((2, 2, 2))),
    ("shape", np.ones((3, 3))),
    ("shape", np.ones(7)),
    ("shape", [[1.0, 2.0, 3.0]]),
    ("object", {}),
    ("object", {"a": 1.0}),
    ("object", {1.0}),
    ("object", object()),
    ("object", lambda x: x),
    ("object", np),
    ("object", float),
    ("object", np.array([None, 1.0], dtype=object)),
    ("object", pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})),
    ("object", iter([1.0])),
]


def draw(world: World, rng: np.random.Generator, parameter: inspect.Parameter) -> Draw:
    """One argument: good six times in ten, in an odd container twice, bad twice."""
    annotation = parameter.annotation if isinstance(parameter.annotation, str) else str(parameter.annotation)
    chance = rng.random()
    if chance < 0.2:
        kind, value = BAD[int(rng.integers(len(BAD)))]
        return Draw(iter([1.0]) if inspect.isgenerator(value) or hasattr(value, "__next__") else value, kind)
    value = good(world, rng, parameter.name, annotation)
    return Draw(value) if chance < 0.8 else Draw(odd(rng, value), "odd")
