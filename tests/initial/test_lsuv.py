"""LSUV: unit variance after every layer, by the paper's loop, and a clear word where that cannot be."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear import initial

WIDTHS = (12, 30, 30, 7, 5)
ACTIVATIONS = {
    "linear": None,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    "softplus": lambda z: np.logaddexp(z, 0.0),
    "arcsinh": np.arcsinh,
}
every = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)


@pytest.fixture(scope="module")
def x():
    """Pixels: positive, correlated, far from unit variance."""
    rng = np.random.default_rng(0)
    return 40 * rng.uniform(size=(200, 3)) @ rng.uniform(size=(3, 12)) + rng.uniform(size=(200, 12))


def outputs(weights, x, activation):
    """Preactivations and activations of every layer; nothing follows the last."""
    found = []
    for number, w in enumerate(weights, 1):
        before = x @ w.T
        x = before if activation is None or number == len(weights) else activation(before)
        found.append((before, x))
    return found


def literal(weights, x, activation, measured, tolerance, most):
    """Algorithm 1 of the paper, word by word: a whole forward pass for each division."""
    weights, divisions = [w.copy() for w in weights], []
    for layer in range(len(weights)):
        trials = 0
        while True:
            variance = np.var(outputs(weights, x, activation)[layer][measured])
            if not abs(variance - 1.0) >= tolerance or trials >= most:
                break
            weights[layer] = weights[layer] / np.sqrt(variance)
            trials += 1
        divisions.append(trials)
    return weights, divisions


@every
def test_preactivations_have_unit_variance(x, activation):
    for before, _ in outputs(initial.lsuv(x, WIDTHS, activation=activation, rng=1), x, activation):
        assert abs(before.var() - 1) < 0.1
    for before, _ in outputs(initial.lsuv(x, WIDTHS, activation=activation, tolerance=1e-12, rng=1), x, activation):
        assert_allclose(before.var(), 1.0, rtol=1e-12)


@pytest.mark.parametrize("widths", [(20, 30, 10, 5), (20, 30, 1)])
def test_a_large_constant_in_the_inputs_costs_no_digits_that_count(widths):
    """With one output, what varies is two millionths of what does not."""
    far = 1e6 + np.random.default_rng(0).standard_normal((500, 20))
    for before, _ in outputs(initial.lsuv(far, widths, rng=2), far, None):
        assert_allclose(before.var(), 1.0, rtol=1e-6)


@pytest.mark.parametrize("name", ["relu", "softplus", "arcsinh"])
@pytest.mark.parametrize("tolerance", [0.1, 1e-3])
def test_activations_have_unit_variance(x, name, tolerance):
    weights = initial.lsuv(
        x, WIDTHS, activation=ACTIVATIONS[name], variance_of="activations", tolerance=tolerance, iterations=60, rng=1
    )
    for _, after in outputs(weights, x, ACTIVATIONS[name]):
        assert abs(after.var() - 1) < tolerance


@every
@pytest.mark.parametrize("measured", ["preactivations", "activations"])
def test_it_is_the_loop_of_the_paper(x, activation, measured):
    if measured == "activations" and activation is np.tanh:
        return  # refused below
    start = initial.orthogonal(WIDTHS, rng=2)
    expected, divisions = literal(start, x, activation, measured == "activations", 0.01, 40)
    found = initial.lsuv(x, WIDTHS, activation=activation, variance_of=measured, tolerance=0.01, iterations=40, rng=2)
    for a, b in zip(expected, found, strict=True):
        assert_allclose(a, b, rtol=1e-12)
    assert max(divisions) <= 1 if measured == "preactivations" or activation is None else max(divisions) >= 1


def test_some_activations_take_several_divisions(x):
    options = {"activation": np.arcsinh, "variance_of": "activations", "tolerance": 1e-3, "rng": 2}
    initial.lsuv(x, WIDTHS, iterations=60, **options)
    with pytest.raises(
        RuntimeError, match=r"^lsuv needs a variance within 0.001 of 1, got .* layer 1 after 2 divisions"
    ):
        initial.lsuv(x, WIDTHS, iterations=2, **options)


def test_no_more_divisions_than_allowed(x):
    """Exactly as many as the paper's loop needs will do; one fewer will not."""
    start = initial.orthogonal(WIDTHS, rng=2)
    options = {"activation": np.arcsinh, "variance_of": "activations", "tolerance": 1e-3, "rng": 2}
    needed = max(literal(start, x, np.arcsinh, True, 1e-3, 60)[1])
    assert needed > 2
    initial.lsuv(x, WIDTHS, iterations=needed, **options)
    with pytest.raises(RuntimeError, match=f"after {needed - 1} divisions"):
        initial.lsuv(x, WIDTHS, iterations=needed - 1, **options)


def test_layers_within_tolerance_are_left_alone():
    """White inputs of unit variance through isometries: nothing to divide by."""
    white = np.random.default_rng(3).standard_normal((5000, 20))
    for a, b in zip(initial.lsuv(white, (20, 20, 20), rng=4), initial.orthogonal((20, 20, 20), rng=4), strict=True):
        assert_array_equal(a, b)


@every
def test_layers_stay_orthogonal_and_scale_against_the_data(x, activation):
    one, two = (initial.lsuv(c * x, WIDTHS, activation=activation, tolerance=1e-9, rng=5) for c in (1.0, 1000.0))
    assert_allclose(two[0], one[0] / 1000.0, rtol=1e-9)
    for a, b, c in zip(one[1:], two[1:], initial.orthogonal(WIDTHS, rng=5)[1:], strict=True):
        assert_allclose(a, b, rtol=1e-8)
        assert_allclose(a / c, (a / c)[0, 0], rtol=1e-10)


def test_linear_networks_of_any_depth_keep_their_signal():
    """The reason for it: Gaussian layers lose the signal's size by chance, these cannot."""
    x = np.random.default_rng(6).standard_normal((100, 10))
    weights = initial.lsuv(x, [10] * 201, rng=7)
    assert abs(outputs(weights, x, None)[-1][0].var() - 1) < 0.1


def test_float32_activations_and_inputs_will_do(x):
    weights = initial.lsuv(x.astype(np.float32), WIDTHS, activation=lambda z: np.tanh(z.astype(np.float32)), rng=0)
    assert all(w.dtype == np.float64 for w in weights)
    for before, _ in outputs(weights, x, np.tanh):
        assert abs(before.var() - 1) < 0.1


def test_a_bounded_activation_never_gets_there(x):
    with pytest.raises(RuntimeError, match=r"^lsuv needs a variance within 0.1 of 1, got 0\.\d+ in layer \d after 10"):
        initial.lsuv(x, WIDTHS, activation=np.tanh, variance_of="activations", rng=0)


@pytest.mark.parametrize(
    ("x", "options", "text"),
    [
        (np.zeros((5, 3)), {}, "outputs that vary, got variance 0 in layer 1"),
        (np.ones((5, 3)), {"widths": (3, 1)}, "outputs that vary, got variance .* in layer 1"),
        (np.eye(3), {"activation": lambda z: 0 * z}, "outputs that vary, got variance 0 in layer 2"),
        (np.eye(3), {"activation": lambda z: 0 * z, "variance_of": "activations"}, "outputs that vary, .* layer 1"),
        (np.eye(3), {"activation": np.sum}, r"an elementwise activation, got an array of shape \(\) from one of shape"),
        (
            np.eye(3),
            {"activation": lambda z: z * np.nan},
            "elementwise activation, .* with a NaN or infinity after layer 1",
        ),
        (np.eye(4), {}, r"finite examples of shape \(examples, 3\), got x of shape \(4, 4\)"),
        (np.ones(3), {}, r"finite examples .* got x of shape \(3,\)"),
        (np.ones((0, 3)), {}, r"finite examples .* got x of shape \(0, 3\)"),
        (np.full((5, 3), np.nan), {}, "finite examples .* with a NaN"),
        ([["a", "b", "c"]], {}, "finite examples .* it holds text"),
        (
            np.eye(3),
            {"variance_of": "weights"},
            "variance_of in preactivations, activations, got variance_of='weights'",
        ),
        (np.eye(3), {"tolerance": 0.0}, "a finite tolerance > 0, got tolerance=0.0"),
        (np.eye(3), {"iterations": 0}, "iterations >= 1, .* iterations=0"),
    ],
)
def test_refuses(x, options, text):
    with pytest.raises(ValueError, match="^lsuv needs .*" + text):
        initial.lsuv(x, options.pop("widths", (3, 4, 2)), rng=0, **options)


def test_every_layer_of_any_widths(x):
    for hidden in itertools.product((1, 4, 20), repeat=2):
        weights = initial.lsuv(x, (12, *hidden, 3), activation=np.tanh, rng=8)
        assert all(abs(before.var() - 1) < 0.1 for before, _ in outputs(weights, x, np.tanh))
