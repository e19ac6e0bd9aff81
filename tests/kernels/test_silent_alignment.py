import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.exact.conftest import build_task
from tests.kernels.conftest import descend, last, random_layers

from deeplinear import Task
from deeplinear.exact import ntk
from deeplinear.exact.rank_limited import best_map
from deeplinear.kernels import kernel_distance, silent_alignment


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
def test_final_kernel_of_one_output(depth):
    beta = np.array([0.3, -1.2, 0.5, 0.0])
    task = Task.from_correlations(np.eye(4), beta[None])
    k = silent_alignment.final_kernel(beta, depth=depth)
    assert_allclose(
        k, ntk.kernel(silent_alignment.final_factors(task, depth=depth)), rtol=CLOSED_FORM, atol=CLOSED_FORM
    )
    size = np.linalg.norm(beta)
    assert_allclose(np.linalg.eigvalsh(k), size ** (2 - 2 / depth) * np.array([1, 1, 1, depth]), rtol=CLOSED_FORM)
    assert_allclose(k @ beta, depth * size ** (2 - 2 / depth) * beta, rtol=CLOSED_FORM, atol=1e-15)


CASES = {
    "one output": ([1.0], 5, 1, None, [12]),
    "three outputs": ([2.0, 1.5, 1.0], 4, 3, None, [9]),
    "three layers": ([1.5, 1.0], 3, 2, None, [8, 9]),
    "bottleneck": ([2.0, 1.5, 1.0], 4, 3, None, [1]),
    "any inputs": ([2.0, 1.0], 3, 2, [1.0, 0.7, 0.3], [8]),
}


@pytest.mark.parametrize("name", CASES)
def test_small_starts_end_at_the_final_kernel(name):
    s, n_in, n_out, powers, hidden = CASES[name]
    task = build_task(s, n_in, n_out, rng=np.random.default_rng(2), powers=powers)
    want = silent_alignment.final_factors(task, depth=len(hidden) + 1, rank=min(hidden))
    away = []
    for scale in (0.04, 0.01):
        layers = random_layers([n_in, *hidden, n_out], np.random.default_rng(3), scale * (3 if len(hidden) == 2 else 1))
        _, _, kept = descend(task, layers, steps=6000, rate=0.02, keep=6000)
        away.append(kernel_distance.movement(want, last(ntk.factors(kept))).distance)
    assert away[1] < 0.01
    assert away[1] < away[0] / 3  # of order scale or smaller


def test_bottlenecks_keep_what_the_loss_sees_most_of():
    task = build_task([3.0, 2.0, 1.0], 4, 3, rng=np.random.default_rng(4))
    mixed = Task.from_correlations(
        np.diag([4.0, 1.0, 0.3, 0.1]), task.input_output_correlation @ np.diag([4.0, 1.0, 0.3, 0.1])
    )
    for rank in (1, 2):
        found, rng = np.inf, np.random.default_rng(5)
        left = rng.normal(size=(3, rank))
        for _ in range(400):  # alternating least squares
            right = np.linalg.lstsq(left, mixed.optimum, rcond=None)[0]
            left = (
                mixed.optimum
                @ mixed.input_correlation
                @ right.T
                @ np.linalg.inv(right @ mixed.input_correlation @ right.T)
            )
            found = mixed.loss(left @ right)
        assert_allclose(mixed.loss(best_map(mixed, rank)), found, rtol=1e-10)
        assert np.linalg.matrix_rank(best_map(mixed, rank)) == rank
        u, s, vt = np.linalg.svd(mixed.optimum)
        truncated = (u[:, :rank] * s[:rank]) @ vt[:rank]
        assert mixed.loss(truncated) > 1.01 * found
    assert (best_map(mixed) == mixed.optimum).all()
    assert_allclose(best_map(mixed, 3), mixed.optimum, atol=1e-13)


@pytest.mark.parametrize(("depth", "scale"), [(2, 0.01), (3, 0.05)])
def test_the_kernel_aligns_before_the_loss_moves(depth, scale):
    task, rng = Task.from_modes([1.0], n_in=8, n_out=1), np.random.default_rng(5)
    end = silent_alignment.final_factors(task, depth=depth)
    widths = [8, *[30] * (depth - 1), 1]
    times, loss, kept = descend(task, random_layers(widths, rng, scale), steps=8000, rate=0.01, keep=10)
    factors = ntk.factors(kept)
    for fraction in (0.05, 0.1):
        seen = silent_alignment.silence(times, loss, factors, fraction=fraction)
        assert seen.alignment > 0.95
        assert seen.start < 0.3
        assert seen.size < 0.1
        assert_allclose(  # the kernel seen last is not quite the one at the end
            silent_alignment.silence(times, loss, factors, end=end, fraction=fraction).alignment,
            seen.alignment,
            atol=1e-3,
        )
    start = [(above[0], below[0]) for above, below in factors]
    assert kernel_distance.similarity(start, end) > 0.7  # what the plain cosine, not used, would say
    layers = random_layers(widths, np.random.default_rng(5), 1.0)
    times, loss, kept = descend(task, layers, steps=2000, rate=0.01, keep=1)
    loud = silent_alignment.silence(times, loss, ntk.factors(kept), end=end)
    assert abs(loud.alignment) < 0.5
    assert loud.size > 0.5


def test_not_silent_for_other_inputs_or_several_modes():
    powers = np.array([1.5, 0.8, 0.3, 0.15, 0.1, 0.05])
    beta = np.ones((1, 6)) / np.sqrt(6)
    coloured = Task.from_correlations(np.diag(powers), beta * powers)
    times, loss, kept = descend(
        coloured, random_layers([6, 30, 1], np.random.default_rng(5), 0.01), steps=12000, rate=0.05, keep=20
    )
    seen = silent_alignment.silence(times, loss, ntk.factors(kept))
    assert seen.alignment < 0.8
    on_data = silent_alignment.silence(times, loss, ntk.factors(kept), input_correlation=coloured.input_correlation)
    assert on_data.start > 0.9  # there the inputs' own powers are most of every kernel: no measure of alignment
    several = Task.from_modes([1.0, 0.8, 0.6], n_in=8)
    times, loss, kept = descend(
        several, random_layers([8, 30, 30, 3], np.random.default_rng(5), 0.1), steps=5000, rate=0.02, keep=5
    )
    assert loss[-1] < 1e-9 * loss[0]
    assert silent_alignment.silence(times, loss, ntk.factors(kept)).alignment < 0.8


def test_silence_interpolates():
    times = np.array([0.0, 1.0, 3.0])
    layers = [np.array([[[1.0, 0.0]], [[1.0, 1.0]], [[0.0, 2.0]]]), np.array([[[1.0]], [[1.0]], [[2.0]]])]
    seen = silent_alignment.silence(times, [2.0, 1.0, 0.0], ntk.factors(layers), fraction=0.75)
    assert seen.time == 2
    factors = ntk.factors(layers)
    aligned = kernel_distance.similarity(factors, last(factors), traceless=True)
    assert_allclose(seen.alignment, (aligned[1] + aligned[2]) / 2, rtol=CLOSED_FORM)
    assert aligned[2] == pytest.approx(1)
    sizes = [np.linalg.norm(k) for k in ntk.kernel(factors)]
    assert_allclose(seen.size, (sizes[1] + sizes[2]) / 2 / sizes[2], rtol=CLOSED_FORM)
    louder = silent_alignment.silence(times, [2.0, 1.0, 0.0], factors, fraction=0.75, input_correlation=9 * np.eye(2))
    assert_allclose([louder.size, louder.alignment], [seen.size, seen.alignment], rtol=CLOSED_FORM)
    assert "loss down 75% at t = 2" in str(seen)


T, F = np.arange(3.0), ntk.factors([np.ones((3, 1, 2)), np.ones((3, 1, 1))])
WHITE = Task.from_modes([1.0], n_in=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: silent_alignment.final_kernel([0.0, 0.0], depth=2), r"final_kernel needs a vector that is not zero"),
        (
            lambda: silent_alignment.final_kernel([1.0], depth=1.5),
            r"final_kernel needs a whole depth >= 1, got depth=1.5",
        ),
        (
            lambda: silent_alignment.final_factors(WHITE, depth=2, rank=-1),
            r"best_map needs a whole rank >= 0, got rank=-1",
        ),
        (
            lambda: silent_alignment.silence(T, [2.0, 1.0, 0.0], F, fraction=1.0),
            r"silence needs 0 < fraction < 1, got fraction=1.0",
        ),
        (
            lambda: silent_alignment.silence(T, [1.0, 1.0, 1.0], F),
            r"silence needs a loss that falls, got 1 at first and 1 at last",
        ),
        (
            lambda: silent_alignment.silence(T[:2], [1.0, 0.0], F),
            r"silence needs rising times and a loss and factors for each",
        ),
        (lambda: silent_alignment.silence(T[::-1], [2.0, 1.0, 0.0], F), r"silence needs rising times"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
