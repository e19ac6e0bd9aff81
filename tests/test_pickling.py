"""Every object that the package hands out goes through pickle, joblib and deepcopy, and gives the same numbers afterwards."""

import ast
import copy
import importlib
import inspect
import io
import pickle
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass

import joblib
import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator
from tests.conftest import CLOSED_FORM

import deeplinear as dl
from deeplinear import curvature, development, exact, generalisation, initial, propagation, spectra
from deeplinear.curvature import cycle
from deeplinear.exact import ntk
from deeplinear.figures.claim import claim, near
from deeplinear.kernels import integrate_to_end, kernel_distance, silent_alignment
from deeplinear.report.predict import predict

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
TASK = dl.Task.from_modes([3.0, 2.0, 1.0])
WHITE = dl.Task.from_data(X, Y, inputs="white")
EQUAL = initial.decoupled(TASK, [3, 5, 3], rng=0)
TURNS = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(3)]
NETWORK = dl.Network(initial.gaussian([3, 5, 3], rng=0), "tanh")
TIMES = np.array([0.0, 1.0, 5.0])
CONVEX = (np.diag([0.1, 0.2, 0.3]), np.diag([0.1, 0.2, 0.3]))


def cubic(x):
    """An activation of a user's."""
    return x - x**3 / 9


def law_of(weights, task=TASK, **options):
    return dl.solve(task, weights, tau=100.0, **options)


def illusions():
    task = dl.Task.from_correlations(np.eye(3), [[1, 1, 1], [1, 1, 0]])
    law = dl.solve(task, initial.decoupled(task, [3, 2, 2], strength=1e-4, rng=0))
    return development.illusory(law(np.linspace(0, 50, 201)), task)


LAWS = {
    "sigmoid": lambda: law_of(EQUAL),
    "hyperbolic": lambda: law_of(initial.decoupled(TASK, [3, 5, 3], layers=[0.1, 0.2], rng=0)),
    "equal depth": lambda: law_of(initial.decoupled(TASK, [3, 5, 5, 3], rng=0)),
    "unequal depth": lambda: law_of(initial.decoupled(TASK, [3, 5, 5, 3], layers=[0.1, 0.2, 0.3], rng=0)),
    "aligned": lambda: law_of(CONVEX, dl.Task.from_correlations(np.diag([3.0, 2.0, 1.0]), np.diag([3.0, 2.0, 1.0]))),
    "Riccati": lambda: law_of((0.1 * TURNS[0] @ TURNS[1], 0.1 * TURNS[2] @ TURNS[0].T)),
    "end to end": lambda: law_of(initial.balanced([3, 5, 5, 3], strength=[0.3, 0.2, 0.1], rng=0)),
    "shallow": lambda: law_of((rng.normal(size=(3, 3)),)),
    "discrete": lambda: law_of(EQUAL, law="discrete"),
    "nearest": lambda: law_of((0.1 * TURNS[0], 0.2 * TURNS[1] @ np.diag([1.0, 1.0, 0.9])), nearest=True),
}
OBJECTS = {
    "task": lambda: TASK,
    "task of data": lambda: WHITE,
    "measured task": lambda: dl.data.tree(levels=2, features=10, rng=0),
    "curve of a law": lambda: LAWS["sigmoid"]()(TIMES),
    "curve of a flow": lambda: dl.flow(TASK, EQUAL, TIMES),
    "difference": lambda: LAWS["sigmoid"]()(TIMES) - LAWS["hyperbolic"]()(TIMES),
    "run": lambda: dl.descend(TASK, EQUAL, rate=0.01, steps=20, weight_decay=0.01),
    "batch of runs": lambda: dl.descend(TASK, [EQUAL, EQUAL], rate=[0.01, 0.1], steps=20),
    "mini-batches": lambda: dl.descend_minibatch(X, Y, [rng.normal(size=(2, 3))], rate=0.01, batch=2, steps=5, rng=0),
    "network": lambda: NETWORK,
    "network of a lambda": lambda: dl.Network(NETWORK.weights, lambda x: x - x**3 / 9),
    "network of a function": lambda: dl.Network(NETWORK.weights, cubic),
    "network of a vectorised function": lambda: dl.Network(NETWORK.weights, np.vectorize(cubic)),
    "training": lambda: dl.train(NETWORK, (X, np.column_stack([Y, Y[:, :1]])), rate=0.01, steps=3),
    "batch of trainings": lambda: dl.train([NETWORK] * 2, (X, np.column_stack([Y, Y[:, :1]])), rate=[0.01, 0.1], steps=3),
    "reduction": lambda: initial.reduced_orthogonal(TASK, [3, 100, 3], rng=0),
    "mean field": lambda: propagation.MeanField("tanh", weight_std=1.5, bias_std=0.1),
    "mean field of a lambda": lambda: propagation.MeanField(lambda x: x / (1 + x**2) ** 0.5, weight_std=1.5),
    "Jacobian law": lambda: propagation.jacobian_spectrum("tanh", gain=1.0, depth=10, input_variance=1.0),
    "one layer": lambda: propagation.jacobian_spectrum("hard_tanh", gain=1.0, depth=1, input_variance=1.0),
    "double scaling": lambda: propagation.DoubleScaling(0.5, "smooth"),
    "residual": lambda: propagation.ResidualLaw(1.0),
    "Fuss-Catalan": lambda: spectra.FussCatalan(5),
    "Marchenko-Pastur": lambda: spectra.MarchenkoPastur(0.5),
    "quarter circle": lambda: spectra.QuarterCircle(),
    "Riccati": lambda: exact.Riccati(np.array([2.0]), 0.99, np.array([[0.1]]), np.array([[1.0]])),
    "Ginibre product": lambda: spectra.GinibreProduct(3),
    "triangle": lambda: spectra.Triangle(),
    "singular values": lambda: spectra.FussCatalan(5).singular_values(),
    "logarithm": lambda: spectra.FussCatalan(5).logarithm(),
    "regime": lambda: dl.regime(TASK, EQUAL),
    "consistency": lambda: dl.consistency(WHITE),
    "pretraining": lambda: initial.pretrained(WHITE, [WHITE.n_in, 5, 2], epochs=5, rng=0),
    "noisy teacher": lambda: generalisation.NoisyTeacher((6.0, 3.0), n_in=100, n_out=50, u0=1e-5),
    "high-dimensional student": lambda: generalisation.HighDimensional(ratio=0.5, noise=0.1, teacher=1.0),
    "sharpness of a law": lambda: curvature.sharpness_path(LAWS["sigmoid"](), TIMES),
    "sharpness by iteration": lambda: curvature.sharpness_path(LAWS["Riccati"](), TIMES),
    "sharpness of a run": lambda: curvature.sharpness_path(dl.descend(TASK, EQUAL, rate=0.01, steps=3)),
    "extreme singular values": lambda: propagation.extreme_singular_values(NETWORK, np.ones(3)),
    "density": lambda: propagation.spectral_density(NETWORK, np.ones(3), rng=0),
    "phase diagram": lambda: propagation.phase_diagram("tanh", [1.0, 1.5], [0.1]),
    "metadata of a start": lambda: initial.STARTS["orthogonal"],
    "formulas": lambda: exact.FORMULAS,
    "prediction": lambda: predict(WHITE, depth=2, width=5),
    "one-layer law": lambda: propagation.jacobian_spectrum("tanh", gain=1.0, depth=1, input_variance=1.0),
    "sampled teacher": lambda: generalisation.NoisyTeacher((6.0, 3.0), n_in=10, n_out=5, u0=1e-5).sample(rng=0),
    "spectrum": lambda: generalisation.NoisyTeacher((6.0, 3.0), n_in=10, n_out=5, u0=1e-5).sample(rng=0).spectrum(TIMES),
    "category mode": lambda: dl.data.category_mode(),
    "splits": lambda: development.splits(law_of(CONVEX)(np.linspace(0, 1000, 200)), TASK),
    "illusions": lambda: illusions(),
    "critical point": lambda: propagation.critical_line("tanh", q=0.5),
    "fixed point": lambda: propagation.MeanField("tanh", weight_std=1.5, bias_std=0.1).fixed_points()[0],
    "depth scales": lambda: propagation.MeanField("tanh", weight_std=1.5, bias_std=0.1).depth_scales(),
    "spectral moments": lambda: propagation.spectral_moments(NETWORK, np.ones(3), rng=0),
    "operator": lambda: propagation.jacobian_operator(NETWORK, np.ones(3)),
    "spectra of products": lambda: spectra.gaussian_product_spectra(3, 2, rng=0),
    "long product": lambda: spectra.long_product(3, k=2),
    "ending": lambda: integrate_to_end.ending(TASK, CONVEX),
    "two-cycle": lambda: cycle.two_cycle(0.55, s=2.0, depth=2),
    "movement": lambda: kernel_distance.movement(ntk.of_map([[1.0]], 2), ntk.of_map([[3.0]], 2)),
    "silence": lambda: silent_alignment.silence(TIMES, law_of(CONVEX)(TIMES).loss, law_of(CONVEX).factors(TIMES)),
    "singular vectors": lambda: law_of(CONVEX).singular(TIMES),
    "distance from the flow": lambda: LAWS["nearest"]().measured,
    "claim": lambda: claim("a number", near(1.0, 1.0, 0.1)),
} | {f"{name} law": make for name, make in LAWS.items()}  # fmt: skip


def numbers(thing, depth=0):
    """Everything that can be read of an object without arguments, and its values where it is a law or a network."""
    if isinstance(thing, exact.Law):
        yield from numbers(
            [thing.name, thing.conditions, thing(TIMES).loss, thing(TIMES).maps, thing.half_times, str(thing)]
        )
    elif isinstance(thing, dl.Curve):
        yield from numbers([thing.times, thing.loss, thing.strengths, thing.half_times])
        more = ("weights",) if hasattr(thing, "accuracy") else ("maps", "weights")
        for name in more if thing.map_source is not None else ():
            yield from numbers(getattr(thing, name, ()))
        if hasattr(thing, "accuracy") and thing.loss.ndim == 1:
            yield from numbers(thing.network())
    elif isinstance(thing, spectra.law.SpectralLaw):
        yield from numbers([thing.cdf(np.array([0.1, 0.5])), thing.pdf(np.array([0.1, 0.5])), thing.support()])
    elif isinstance(thing, dl.Network):
        yield from numbers([thing(np.ones(3)), *thing.jacobian_factors(np.ones(3)), thing.biases])
    elif isinstance(thing, propagation.MeanField):
        yield from numbers([thing.chi, thing.variance_map(0.7), repr(thing)])
    elif isinstance(thing, integrate_to_end.Ending):
        yield from numbers([thing.times, thing.loss, thing.weights, thing.time_to_fall(0.5), thing.time_to_fall(0.9)])
    elif isinstance(thing, exact.Riccati):
        yield from thing.halves(TIMES)
    elif isinstance(thing, LinearOperator):
        yield thing @ np.ones(3)
    elif isinstance(thing, curvature.SharpnessPath):
        yield from numbers([thing.times, thing.sharpness, thing.smallest, thing.gauss_newton, *thing.source(TIMES[:2])])
    elif isinstance(thing, np.ndarray) and thing.dtype != object:
        yield thing
    elif isinstance(thing, dict):
        for key in sorted(thing):
            yield key
            yield from numbers(thing[key], depth)
    elif isinstance(thing, tuple | list):
        for each in thing:
            yield from numbers(each, depth)
    elif is_dataclass(thing) and depth < 4:
        for each in fields(thing):
            yield from numbers(getattr(thing, each.name), depth + 1)
    elif not callable(thing):
        yield str(thing)


def through_joblib(thing):
    file = io.BytesIO()
    joblib.dump(thing, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "deepcopy": copy.deepcopy,
    "joblib": through_joblib,
}


@pytest.mark.parametrize("name", OBJECTS)
def test_copies_give_the_same_numbers(name):
    thing = OBJECTS[name]()
    before = {way: copied(thing) for way, copied in COPIES.items()}
    known = list(numbers(thing))
    after = {f"{way}, after use": copied(thing) for way, copied in COPIES.items()}  # cached results travel too
    assert len(known) > 0
    for way, found in (before | after).items():
        assert type(found) is type(thing), way
        assert repr(found) == repr(thing), way
        for a, b in zip(known, numbers(found), strict=True):
            if isinstance(a, np.ndarray):  # a law is made again from its start: other places in memory, other last bits
                np.testing.assert_allclose(b, a, rtol=CLOSED_FORM if "law" in name else 0, err_msg=way)
            else:
                assert a == b, way


def test_listed_activations_and_formulas_stay_those_of_the_list():
    for thing in (*dl.activations.ACTIVATIONS.values(), *exact.FORMULAS):
        for copied in COPIES.values():
            assert copied(thing) is thing


def test_activations_of_a_user_keep_kinks_slopes_and_training():
    bent = dl.activations.as_activation(lambda x: abs(x - 1.0), kinks=(1.0,), log_derivative=np.zeros_like)
    for copied in (COPIES["pickle"], COPIES["joblib"]):
        found = copied(bent)
        assert found.kinks == (0.0, 1.0) if 0.0 in bent.kinks else (1.0,)
        assert (found.name, found.derivatives) == (bent.name, bent.derivatives)
        assert found.log_slope(np.array([0.3])) == 0.0
        assert float(found.jax(np.array(3.0))) == 2.0
    assert copy.deepcopy(bent) is bent


def imported(module):
    """Names that a module imports, for type checkers too, and the modules that they are from."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("deeplinear"):
            yield from ((alias.asname or alias.name, node.module) for alias in node.names)


def named_in(annotation, module):
    """Classes of the package in an annotation, which is text."""
    for name in re.findall(r"[A-Za-z_]+", str(annotation)):
        found = getattr(module, name, None) or getattr(
            importlib.import_module(dict(imported(module)).get(name, "deeplinear")), name, None
        )
        if inspect.isclass(found) and found.__module__.startswith("deeplinear"):
            yield found


def public(room):
    """Names and things that a package lists, or that a module defines."""
    names = getattr(room, "__all__", None)
    if names is not None:
        return [(name, getattr(room, name)) for name in names]
    return [(name, each) for name, each in vars(room).items() if getattr(each, "__module__", "") == room.__name__]


def handed_out():
    """Every class that public functions, public methods, properties and fields return."""
    rooms = (
        dl,
        dl.activations,
        dl.data,
        exact,
        development,
        initial,
        propagation,
        spectra,
        cycle,
        integrate_to_end,
        kernel_distance,
        silent_alignment,
    )
    waiting = [each for room in rooms for name, each in public(room)]
    seen = set()
    while waiting:
        thing = waiting.pop()
        if inspect.isfunction(thing):
            waiting += named_in(thing.__annotations__.get("return", ""), sys.modules[thing.__module__])
        elif inspect.isclass(thing) and thing not in seen and thing.__module__.startswith("deeplinear"):
            seen.add(thing)
            module = sys.modules[thing.__module__]
            for name, kind in thing.__annotations__.items():
                waiting += named_in(kind, module) if not name.startswith("_") else ()
            for name, each in vars(thing).items():
                each = getattr(each, "fget", getattr(each, "func", each))
                if not name.startswith("_") or name == "__call__":
                    waiting.append(each)
    return seen


def held(thing, depth=0):
    """The classes of the package that an object is made of."""
    inside = type(thing).__module__.startswith("deeplinear")
    if inside:
        yield type(thing)
    if depth < 4 and isinstance(thing, dict | tuple | list):
        for each in thing.values() if isinstance(thing, dict) else thing:
            yield from held(each, depth + 1)
    elif depth < 4 and inside:
        for each in vars(thing).values():
            yield from held(each, depth + 1)


def test_no_public_class_is_missing_here():
    tested = {kind for make in OBJECTS.values() for kind in held(make())}
    missing = {kind for kind in handed_out() if not inspect.isabstract(kind)} - tested
    assert missing == set(), "add one of each to OBJECTS"


def test_another_process_reads_them(tmp_path):
    law, training, network = LAWS["Riccati"](), OBJECTS["training"](), OBJECTS["network of a lambda"]()
    (tmp_path / "all.pickle").write_bytes(pickle.dumps((law, training, network, {"x": TIMES})))
    code = (
        "import pickle, sys\nlaw, training, network, more = pickle.load(open(sys.argv[1], 'rb'))\n"
        "print(law(more['x']).loss.tolist(), training.loss.tolist(), network([1.0, 1.0, 1.0]).tolist())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "all.pickle")]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0]
    assert found == f"{law(TIMES).loss.tolist()} {training.loss.tolist()} {network([1.0, 1.0, 1.0]).tolist()}"
