"""Individual layers: the one rotation that the closed form leaves open."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.exact.conftest import frame

from deeplinear.exact.matrices import layer_rotation
from deeplinear.exact.matrices.riccati import Riccati

S = np.array([2.0, 1.1, 0.5])
# n_in, n_hidden, n_out, λ; sizes of the weaker layer
SHAPES = {
    "square": (3, 3, 3, 0.0),
    "over-complete": (3, 8, 4, 0.0),
    "bottleneck": (4, 2, 3, 0.0),
    "strong outputs": (3, 3, 5, 1.5),
    "strong inputs": (6, 4, 3, -0.8),
    "one hidden unit": (3, 1, 4, 0.3),
    "nearly balanced": (3, 3, 3, 1e-8),
}
ACCURACY = 1e-10  # the integrator's 1e-13, carried through its stretches


def start(name):
    n_in, n_hidden, n_out, imbalance = SHAPES[name]
    rng = np.random.default_rng(7)
    room = min(n_in, n_hidden, n_out)
    weak = np.zeros(n_hidden)
    weak[:room] = rng.uniform(0.2, 0.6, room)
    strong = np.sqrt(weak**2 + abs(imbalance))
    sizes = (weak, strong) if imbalance >= 0 else (strong, weak)
    turn = frame(n_hidden, n_hidden, rng)
    inputs, outputs = np.zeros((n_in, n_hidden)), np.zeros((n_out, n_hidden))
    np.fill_diagonal(inputs, sizes[0][: min(inputs.shape)])
    np.fill_diagonal(outputs, sizes[1][: min(outputs.shape)])
    return Riccati(S, imbalance, frame(n_in, n_in, rng) @ inputs @ turn.T, frame(n_out, n_out, rng) @ outputs @ turn.T)


def target(path):
    s = np.zeros((len(path.outputs), len(path.inputs)))
    np.fill_diagonal(s, path.s)
    return s


def halves(path, t):
    """``W_1ᵀ`` and ``W_2`` themselves."""
    factors, frames = layer_rotation.frames(path, np.asarray(t, dtype=float))
    return path.from_rates(factors @ np.swapaxes(frames, 1, 2))


def witness(path, times):
    """Eq. (2), both layers integrated as they stand."""
    cut, shapes = path.inputs.size, (path.inputs.T.shape, path.outputs.shape)

    def velocity(_, y):
        first, last = y[:cut].reshape(shapes[0]), y[cut:].reshape(shapes[1])
        error = target(path) - last @ first
        return np.concatenate([(last.T @ error).ravel(), (error @ first.T).ravel()])

    begun = np.concatenate([path.inputs.T.ravel(), path.outputs.ravel()])
    run = solve_ivp(velocity, (0, times[-1]), begun, t_eval=times, method="DOP853", rtol=1e-13, atol=1e-15)
    assert run.success
    first = run.y.T[:, :cut].reshape(-1, *shapes[0])
    return np.swapaxes(first, 1, 2), run.y.T[:, cut:].reshape(-1, *shapes[1])


@pytest.mark.parametrize("name", SHAPES)
def test_layers_are_those_of_the_flow(name):
    path, times = start(name), np.array([0.0, 0.3, 1.0, 2.5, 6.0, 25.0])
    for got, want in zip(halves(path, times), witness(path, times), strict=True):
        assert_allclose(got, want, rtol=0, atol=ACCURACY)


@pytest.mark.parametrize("name", SHAPES)
def test_frames_are_orthonormal_and_transport_is_parallel(name):
    path, h = start(name), 0.02
    t = 1.5 + h * np.arange(-4, 5)
    weights = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280]) / h
    _, frames = layer_rotation.frames(path, t)
    gram = np.swapaxes(frames, 1, 2) @ frames
    assert_allclose(gram, np.broadcast_to(np.eye(gram.shape[1]), gram.shape), atol=1e-14)
    q = np.concatenate(halves(path, t), axis=1)
    turning = q[4].T @ np.tensordot(weights, q, 1)
    assert_allclose(turning, turning.T, atol=1e-9)  # difference of order eight


def test_times_in_any_order_and_more_than_once():
    path, t = start("over-complete"), np.array([2.0, 0.0, 0.5, 2.0, 30.0, 0.5])
    got = halves(path, t)
    ordered = np.unique(t)
    want = halves(path, ordered)
    for found, true in zip(got, want, strict=True):
        assert (found == true[np.searchsorted(ordered, t)]).all()
    for one, both in zip(halves(path, [0.5]), got, strict=True):
        assert_allclose(one[0], both[2], rtol=0, atol=ACCURACY)
    assert [part.shape for part in halves(path, [])] == [(0, 3, 8), (0, 4, 8)]


@pytest.mark.parametrize("name", ["square", "strong outputs", "bottleneck"])
def test_late_times_stay(name):
    path = start(name)
    late = halves(path, [300.0, 1e3, 1e6])
    for part, limit in zip(late, path.limit, strict=True):
        assert_allclose(part[1:], np.repeat(part[:1], 2, axis=0), rtol=0, atol=1e-11)
        assert_allclose(part[0] @ part[0].T, limit @ limit.T, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", SHAPES)
def test_the_start_is_given_back(name):
    path = start(name)
    got = halves(path, [0.0])
    assert_allclose(got[0][0], path.inputs, atol=1e-14)
    assert_allclose(got[1][0], path.outputs, atol=1e-14)


def test_nothing_turns_where_nothing_is():
    path = Riccati(S, 0.0, np.zeros((3, 2)), np.zeros((4, 2)))
    a, b = halves(path, [0.0, 3.0])
    assert (a == 0).all()
    assert (b == 0).all()
    assert (a.shape, b.shape) == ((2, 3, 2), (2, 4, 2))


def test_nearest_is_orthogonal_and_the_polar_factor():
    m = np.random.default_rng(0).normal(size=(4, 4))
    turn = layer_rotation.nearest(m)
    assert_allclose(turn @ turn.T, np.eye(4), atol=1e-14)
    stretch = turn.T @ m
    assert_allclose(stretch, stretch.T, atol=1e-14)
    assert (np.linalg.eigvalsh(stretch) > 0).all()
