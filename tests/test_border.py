"""Where users enter: what they pass is read, or refused in words, never taken for something else."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.fuzz.draws import Tensor

import deeplinear as dl
from deeplinear.initial import jax_style

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 2))
Y = X @ [[1.0], [2.0]]
TASK = dl.Task.from_modes([3.0, 1.0])
START = dl.initial.decoupled(TASK, [2, 4, 2], strength=0.01, rng=0)
LAW = dl.solve(TASK, START)

MASKED = np.ma.masked_equal(np.where(np.arange(40).reshape(20, 2) == 6, -999.0, X), -999.0)


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, object, int, bool, complex, None, "nonsense", "float16"])
def test_descent_in_other_types_is_refused(dtype):
    with pytest.raises(ValueError, match=r"^descend needs dtype np.float64 or np.float32, got dtype=.*small updates"):
        dl.descend(TASK, START, rate=0.05, steps=3, dtype=dtype)
    with pytest.raises(ValueError, match=r"^train needs dtype np.float64 or np.float32, got dtype="):
        dl.train(dl.Network(START, "tanh"), TASK, rate=0.05, steps=3, dtype=dtype)


@pytest.mark.parametrize(
    ("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-3), ("float32", 1e-3), (np.dtype("f8"), 1e-12)]
)
def test_descent_in_double_and_single_precision_learns(dtype, rtol):
    run = dl.descend(TASK, START, rate=0.05, steps=200, dtype=dtype)
    assert_allclose(run.loss[100], dl.descend(TASK, START, rate=0.05, steps=200).loss[100], rtol=rtol, atol=1e-6)
    assert run.loss[-1] < 1e-3 * run.loss[0]


ENTRIES = {
    "Task.from_data": lambda bad: dl.Task.from_data(bad, Y),
    "Task.from_data y": lambda bad: dl.Task.from_data(X, bad),
    "Task.from_modes": dl.Task.from_modes,
    "Task.from_correlations": lambda bad: dl.Task.from_correlations(np.eye(2), bad),
    "Task.loss": TASK.loss,
    "Task.strengths": TASK.strengths,
    "Task.whitened": lambda bad: TASK.whitened(variance=bad),
    "law": LAW,
    "Law.weights": LAW.weights,
    "Law.learning_time": LAW.learning_time,
    "Law.time_to_loss": LAW.time_to_loss,
    "Curve.learning_time": lambda bad: LAW([0.0, 1.0]).learning_time(bad),
    "solve weights": lambda bad: dl.solve(TASK, (bad, bad)),
    "solve tau": lambda bad: dl.solve(TASK, START, tau=bad),
    "solve tolerance": lambda bad: dl.solve(TASK, START, tolerance=bad),
    "regime tau": lambda bad: dl.regime(TASK, START, tau=bad),
    "descend rate": lambda bad: dl.descend(TASK, START, rate=bad, steps=3),
    "descend steps": lambda bad: dl.descend(TASK, START, rate=0.01, steps=bad),
    "descend until": lambda bad: dl.descend(TASK, START, rate=0.01, steps=3, until=bad),
    "descend momentum": lambda bad: dl.descend(TASK, START, rate=0.01, steps=3, momentum=bad),
    "descend record": lambda bad: dl.descend(TASK, START, rate=0.01, steps=3, record=bad),
    "descend_minibatch": lambda bad: dl.descend_minibatch(bad, Y, START, rate=0.01, batch=2, steps=3),
    "flow times": lambda bad: dl.flow(TASK, START, bad),
    "flow tau": lambda bad: dl.flow(TASK, START, [0.0, 1.0], tau=bad),
    "flow rtol": lambda bad: dl.flow(TASK, START, [0.0, 1.0], rtol=bad),
    "train x": lambda bad: dl.train(dl.Network(START), (bad, X), rate=0.01, steps=2),
    "train rate": lambda bad: dl.train(dl.Network(START), TASK, rate=bad, steps=2),
    "Network": lambda bad: dl.Network((bad,)),
    "Network call": dl.Network(START),
    "initial.gaussian": lambda bad: dl.initial.gaussian([2, 2], scale=bad),
    "initial.decoupled": lambda bad: dl.initial.decoupled(TASK, [2, 2, 2], strength=bad),
    "initial.lsuv": lambda bad: dl.initial.lsuv(bad, [2, 3, 1]),
    "initial rng": lambda bad: dl.initial.gaussian([2, 2], rng=bad),
    "curvature.sharpness": lambda bad: dl.curvature.sharpness(bad, depth=2),
    "exact.sigmoid": lambda bad: dl.exact.sigmoid.strength(bad, s=1.0, u0=0.1),
    "exact.sigmoid condition": lambda bad: dl.exact.sigmoid.condition(1.0, s=bad, u0=0.1),
    "exact.discrete": lambda bad: dl.exact.discrete.strength(bad, s=[1.0], layers0=[[0.1], [0.1]], rate=0.1),
    "exact.ntk": lambda bad: dl.exact.ntk.of_map(bad, 2),
    "generalisation.HighDimensional": lambda bad: dl.generalisation.HighDimensional(ratio=bad, noise=0.1, teacher=1.0),
    "generalisation.NoisyTeacher": lambda bad: dl.generalisation.NoisyTeacher((3.0,), n_in=20, n_out=10, sigma=bad),
    "spectra.FussCatalan": lambda bad: dl.spectra.FussCatalan(bad),
    "spectra.pdf": lambda bad: dl.spectra.FussCatalan(2).pdf(bad),
    "spectra.rvs": lambda bad: dl.spectra.FussCatalan(2).rvs(size=bad),
    "propagation.MeanField": lambda bad: dl.propagation.MeanField("tanh", bad),
    "propagation.variance_map": lambda bad: dl.propagation.MeanField("tanh", 1.5).variance_map(bad),
    "propagation.variances": lambda bad: dl.propagation.variances("tanh", gain=bad, depth=2, input_variance=1.0),
    "propagation.phase_diagram": lambda bad: dl.propagation.phase_diagram("tanh", bad, [0.0]),
    "data.ring": lambda bad: dl.data.ring(sigma=bad),
    "activation": dl.activations.ACTIVATIONS["gelu"],
}
OURS = re.compile(r"^[\w.]+( \w+)? needs? ")


@pytest.mark.parametrize("bad", ["1", b"1", ["1", "2"], 1j, np.array([1 + 0j]), np.array(["2020"], "M8[Y]"), MASKED])
@pytest.mark.parametrize("entry", ENTRIES)
def test_text_imaginary_parts_dates_and_masks_are_refused_everywhere(entry, bad):
    with pytest.raises(ValueError, match=OURS):
        ENTRIES[entry](bad)


def test_a_mask_without_masked_cells_is_no_mask():
    plain, masked = dl.Task.from_data(X, Y), dl.Task.from_data(np.ma.masked_equal(X, -999.0), Y)
    assert_array_equal(masked.input_correlation, plain.input_correlation)


@pytest.mark.parametrize("maps", [3.0, np.ones((2, 1)), np.ones(2), np.ones((2, 3))])
def test_maps_are_not_broadcast(maps):
    with pytest.raises(ValueError, match=r"^Task.loss needs maps of shape \(..., 2, 2\), got shape .*rows are outputs"):
        TASK.loss(maps)
    with pytest.raises(ValueError, match=r"^Task.strengths needs maps of shape"):
        TASK.strengths(maps)


@pytest.mark.parametrize("times", [np.array([1j]), "1", ["1"]])
def test_times_are_real_numbers(times):
    with pytest.raises(ValueError, match=r"^law needs t >= 0, got t="):
        LAW(times)


def test_laws_name_shapes_that_do_not_broadcast():
    with pytest.raises(
        ValueError, match=r"strength needs shapes that broadcast together, got t of shape \(3,\), s of shape \(2,\)"
    ):
        dl.exact.sigmoid.strength([0.0, 1.0, 2.0], s=[1.0, 2.0], u0=0.1)


@pytest.mark.parametrize("make", [np.float32, np.float16, ">f8", np.longdouble, object])
def test_other_types_of_numbers_give_the_same_task(make):
    coarse = X.astype(np.float16).astype(np.float64)
    assert_allclose(
        dl.Task.from_data(coarse.astype(make), Y).input_correlation,
        dl.Task.from_data(coarse, Y).input_correlation,
        rtol=1e-12,
    )


@pytest.mark.parametrize(
    "wrap", [Tensor, jnp.asarray, pd.DataFrame, lambda a: pl.DataFrame(np.asarray(a)), np.ndarray.tolist]
)
def test_containers_give_the_same_answers(wrap):
    assert_allclose(dl.Task.from_data(wrap(X), Y).input_correlation, X.T @ X, rtol=1e-6)
    assert_allclose(
        dl.Network([wrap(w) for w in START], "tanh")(wrap(X)), dl.Network(START, "tanh")(X), rtol=1e-4, atol=1e-7
    )
    run = dl.descend_minibatch(wrap(X), wrap(np.hstack([Y, Y])), START, rate=0.01, batch=5, steps=10, rng=0)
    assert_allclose(
        run.loss, dl.descend_minibatch(X, np.hstack([Y, Y]), START, rate=0.01, batch=5, steps=10, rng=0).loss, rtol=1e-4
    )


def test_a_frame_of_floats_and_flags_is_read_as_numbers():
    values = np.array([[1.0, True], [2.0, False], [4.0, True]], object)
    assert_array_equal(dl.Task.from_data(values, [1, 2, 3]).input_correlation, [[21.0, 5.0], [5.0, 2.0]])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_name_features_and_targets(frame):
    table = frame({"length": X[:, 0], "width": X[:, 1], "weight": Y[:, 0]})
    task = dl.Task.from_data(table[["length", "width"]], table["weight"])
    assert task.feature_names == ("length", "width")
    assert task.target_names == ("weight",)
    assert "features length, width" in task.description
    named = dl.Task.from_data(table[["length", "width"]], table["weight"], feature_names=["a", "b"])
    assert named.feature_names == ("a", "b")
    assert dl.Task.from_data(X, Y).feature_names == ("x[:, 0]", "x[:, 1]")


def test_arguments_are_left_as_they_are():
    x, y = X.copy(), Y.copy()
    x.flags.writeable = y.flags.writeable = False
    weights = [w.copy() for w in START]
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    task = dl.Task.from_data(x, y, inputs="white")
    dl.descend(TASK, weights, rate=0.05, steps=20)
    dl.Network(weights)(x)
    for now, was in zip(weights, START, strict=True):
        assert_array_equal(now, was)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert task.examples == 20


UNITS = [1e-150, 1e-100, 1e-80, 1e80, 1e100, 1e150]
MEASURES = ("anisotropy", "diagonality", "misalignment")


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("wide", [False, True])
def test_measures_of_alignment_do_not_depend_on_the_unit_of_inputs(unit, wide):
    """Their numbers are squares of inputs, and norms of those squares would leave float64."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 40) if wide else (30, 4)), rng.standard_normal((5 if wide else 30, 2))
    one, other = dl.Task.from_data(x, y), dl.Task.from_data(unit * x, y)
    for name in MEASURES:
        assert getattr(one, name) > 1e-3
        assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-9)


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e154, 1e160, 1e300])
def test_measures_of_alignment_do_not_depend_on_the_unit_of_correlations(unit):
    rng = np.random.default_rng(0)
    root, correlation = rng.standard_normal((4, 4)), rng.standard_normal((3, 4))
    one, other = (dl.Task.from_correlations(each * root @ root.T, each * correlation) for each in (1.0, unit))
    for name in MEASURES:
        assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-9)


@pytest.mark.parametrize("unit", [1.0, 1e160])
def test_correlations_on_inputs_that_never_occur_are_refused_in_any_unit(unit):
    with pytest.raises(ValueError, match="Σ³¹ to live on inputs that occur"):
        dl.Task.from_correlations(unit * np.diag([1.0, 0.0]), unit * np.ones((1, 2)))


@pytest.mark.parametrize("unit", [1e-150, 1.0, 1e100, 1e150])
def test_diagonality_does_not_depend_on_the_unit(unit):
    s11 = np.array([[2.0, 0.5], [0.5, 1.0]])
    task = dl.Task.from_correlations(s11 * unit, np.diag([3.0, 1.0]) * unit, output_power=1e3 * unit)
    # off-diagonal share of Σ¹¹ in the basis of V, which is the identity here
    assert_allclose(task.diagonality, np.sqrt(2 * 0.5**2 / (4 + 1 + 2 * 0.5**2)), rtol=1e-12)
    assert_allclose(task.anisotropy, np.linalg.norm(s11 - 1.5 * np.eye(2)) / np.linalg.norm(s11), rtol=1e-12)


@pytest.mark.parametrize("name", ["relu", "gelu", "tanh"])
def test_an_activation_is_a_name_a_function_or_its_file(name):
    activation = dl.activations.ACTIVATIONS[name]
    for which in (name, activation, getattr(dl.activations, name)):
        assert dl.activations.as_activation(which) is activation
        ours = dl.initial.lsuv(X, [2, 5, 2], activation=which, rng=0)
        theirs = dl.initial.lsuv(X, [2, 5, 2], activation=activation.function, rng=0)
        for a, b in zip(ours, theirs, strict=True):
            assert_array_equal(a, b)
        assert dl.Network(START, which).activation is activation


@pytest.mark.parametrize("bad", ["nonsense", 3, None, np])
def test_other_things_are_no_activation(bad):
    with pytest.raises((TypeError, ValueError), match=r"^as_activation needs (one of|a name or a function)"):
        dl.Network(START, bad)
    if bad is not None:  # which is a linear network there
        with pytest.raises((TypeError, ValueError), match=r"^as_activation needs (one of|a name or a function)"):
            dl.initial.lsuv(X, [2, 3, 2], activation=bad)


@pytest.mark.parametrize("name", ["orthogonal", "gaussian", "he", "glorot", "identity_like"])
def test_jax_initialisers_take_a_sharding(name):
    init, key = getattr(jax_style, name)(), jax.random.key(0)
    mesh = jax.make_mesh((1,), ("rows",))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("rows", None))
    plain = init(key, (4, 4))
    for given in (init(key, (4, 4), None, None), init(key, (4, 4), out_sharding=sharding)):
        assert_array_equal(given, plain)
    assert init(key, (4, 4), out_sharding=sharding).sharding == sharding


@pytest.mark.parametrize(
    ("labels", "how"),
    [
        (np.arange(20) % 2, r"np\.eye\(2\)\[labels\]"),
        (np.array(["ant", "bee"] * 10), r"np\.unique\(labels\) == labels\[:, None\]"),
        (["ant", "bee"] * 10, "np.unique"),
        (np.array(["ant", "bee"] * 10, object), "np.unique"),
        (pd.Series(["ant", "bee"] * 10), "np.unique"),
        (np.arange(20)[:, None] % 2, r"np\.eye\(2\)"),
    ],
)
@pytest.mark.parametrize("loss", ["squared", "cross entropy"])
def test_class_labels_say_what_to_do(labels, how, loss):
    with pytest.raises(
        ValueError, match=rf"^train needs one target for each of 2 outputs, .* of 2 classes here\. .*{how}"
    ):
        dl.train(dl.Network(START, "tanh"), (X, labels), rate=0.01, steps=2, loss=loss)


def test_what_the_labels_message_recommends_trains():
    labels = np.array(["ant", "bee"] * 10)
    run = dl.train(dl.Network(START, "tanh"), (X, np.unique(labels) == labels[:, None]), rate=0.01, steps=2)
    assert np.isfinite(run.loss).all()


def test_a_law_of_another_start_says_nothing_about_this_one():
    with pytest.raises(ValueError, match=r"^regime needs the law of this start"):
        dl.regime(TASK, dl.initial.decoupled(TASK, [2, 4, 2], strength=0.1, rng=1), law=LAW)


def test_errors_never_print_whole_arrays():
    wide = RNG.normal(size=(300, 300)) * -1
    for call in (
        lambda: dl.Task.from_modes(wide),
        lambda: dl.descend(TASK, START, rate=wide, steps=2),
        lambda: dl.descend(TASK, START, rate=0.1, steps=wide),
        lambda: dl.descend(TASK, START, rate=0.1, steps=2, record=wide),
        lambda: dl.initial.gaussian(wide),
        lambda: dl.initial.gaussian([2, 2], scale=wide),
        lambda: dl.initial.decoupled(TASK, [2, 2, 2], layers=wide),
        lambda: dl.data.cluster(sizes=wide),
        lambda: dl.data.field(np.ones((3, 3)) - np.eye(3), items=wide),
        lambda: dl.Network(START, biases=wide),
        lambda: dl.curvature.sharpness(1.0, depth=wide),
        lambda: dl.propagation.MeanField("tanh", wide),
        lambda: dl.solve(TASK, START, law=wide),
        lambda: dl.activations.as_activation(wide),
    ):
        with pytest.raises((ValueError, TypeError)) as raised:
            call()
        assert len(str(raised.value)) < 500
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: dl.Task.from_data(np.eye(3), np.eye(3), feature_names=2.5),
            "needs feature_names to be a list, got 2.5",
        ),
        (
            lambda: dl.Task.from_data(np.eye(3), np.eye(3), target_names="abc"),
            "needs target_names to be a list, got 'abc'",
        ),
        (
            lambda: dl.exact.unequal.hyperbolic_time(1e300, s=2.0, theta0=0.1, c0=0.3),
            "needs theta on the side of theta0 of the fixed point",
        ),
        (lambda: dl.solve(dl.Task.from_modes([2.0]), [np.eye(1)] * 2).singular([]), "needs at least one time"),
    ],
)
def test_what_random_calls_found_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_extremes_are_limits_without_warnings():
    assert dl.curvature.largest_stable_rate([5e-324, 1.0], depth=np.inf).tolist() == [0.0, 0.0]
    assert dl.curvature.sharpness([0.0, 1.0], depth=np.inf).tolist() == [0.0, np.inf]
    assert dl.curvature.sharpness(1e300, depth=5) == np.inf
    u = dl.exact.unequal_depth.condition([0.0, np.inf], s=[1.0], layers=[[0.3], [0.4]])
    assert u[-1] == 0.0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"task": np.ones((2, 2))}, TypeError, "predict needs a Task"),
        ({"depth": {1.0}}, ValueError, r"predict needs a whole depth"),
        ({"width": 2.5}, ValueError, "predict needs a whole width"),
        ({"steps": "10"}, ValueError, "predict needs whole steps >= 1"),
        ({"rate": [0.01, 0.02]}, ValueError, "predict needs .*rate"),
        ({"strength": 1.5}, ValueError, "predict needs 0 < strength < 1"),
        ({"simulate": "yes"}, ValueError, "predict needs .*simulate"),
    ],
)
def test_predict_refuses_what_it_cannot_use(arguments, error, words):
    with pytest.raises(error, match=words):
        dl.predict(**{"task": dl.Task.from_modes([2.0, 1.0]), **arguments})


def test_depths_that_fill_the_memory_are_refused_with_the_size():
    task = dl.Task.from_modes([2.0, 1.0])
    with pytest.raises(ValueError, match=r"of_map needs .*factors of 1180591620717411303424 layers"):
        dl.kernels.silent_alignment.final_factors(task, depth=2**70)
    with pytest.raises(ValueError, match=r"gauss_newton_eigenvalues needs .*powers of 1e\+300 layers"):
        dl.curvature.gauss_newton_eigenvalues([0.6, 0.2], depth=1e300, n_in=5, n_out=4)


def test_rates_where_numbers_end():
    assert dl.curvature.stability_limit(5e-324) == np.inf
    assert dl.curvature.optimal_rate(0.0, depth=2) == np.inf


def test_a_condition_is_a_number_where_times_leave_float64():
    unequal = dl.exact.unequal
    assert unequal.condition(1.5, s=0.8, a0=0.087, b0=1e-300, tau=5e-324) == 0
    assert unequal.condition(0.0, s=0.8, a0=0.087, b0=0.1) == 0


def test_no_layers_are_refused():
    with pytest.raises(ValueError, match=r"to_white needs layers of shape \(L, \.\.\.\), got none"):
        dl.exact.aligned.to_white((), power=1.5)
