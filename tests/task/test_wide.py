"""More inputs than examples: the same task as from Σ¹¹, in time and memory linear in the inputs."""

import pickle
import resource
import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear import Task, descend, initial
from deeplinear.curvature.rates import task_sharpness
from deeplinear.lazy import unread
from deeplinear.report.predict import by_itself, predict
from deeplinear.task.directions import Directions
from deeplinear.task.moments import Examples


@pytest.fixture
def plain():
    """Twelve examples of thirty inputs in different units, with a constant and a copy, and two targets."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((12, 30)) + 1.0) * 10.0 ** rng.integers(-3, 4, 30)
    x[:, 4], x[:, 9] = 5.0, 3 * x[:, 2]
    return x, rng.standard_normal((12, 2))


def formed(x, y, inputs):
    """Examples, directions, floor and best map by Σ¹¹ and its eigenvectors, as for many examples."""
    if inputs == "centred":
        x = x - x.mean(axis=0)
        x[:, 4] = 0.0  # the constant
    directions = Directions.from_examples(x.T @ x, lambda block: x @ block)
    w = directions.solve(y.T @ x, np.square(y).sum(axis=0))
    return x, directions, 0.5 * np.square(y - x @ w.T).sum(), w


@pytest.mark.parametrize("inputs", ["raw", "centred"])
def test_the_same_task_as_from_its_correlations(plain, inputs):
    x, y = plain
    task = Task.from_data(x, y, inputs=inputs)
    assert task.thin
    x, directions, floor, w = formed(x, y, inputs)
    assert task.input_rank == len(directions.sizes) == 12 - (inputs == "centred")
    assert_allclose(task.directions.sizes, directions.sizes, rtol=1e-9)
    assert_allclose(task.floor, floor, rtol=1e-9, atol=1e-20 * task.output_power)
    size = np.linalg.norm(x, axis=0) + (x == 0).all(axis=0)
    assert_allclose(task.optimum * size, w * size, rtol=0, atol=1e-9 * np.abs(w * size).max())
    assert_allclose(task.input_correlation / size / size[:, None], x.T @ x / size / size[:, None], rtol=0, atol=1e-13)
    assert_allclose(task.input_power, np.square(x).sum(), rtol=CLOSED_FORM)
    block = np.random.default_rng(1).standard_normal((30, 3))
    assert_allclose(task.spread(block), x.T @ (x @ block), rtol=0, atol=1e-12 * np.abs(x.T @ x).max())


@pytest.mark.parametrize("inputs", ["raw", "centred"])
def test_principal_components_and_all_that_is_read_from_them(plain, inputs):
    task = Task.from_data(*plain, inputs=inputs)
    x = plain[0] - (plain[0].mean(axis=0) if inputs == "centred" else 0.0)
    _, sizes, vectors = np.linalg.svd(x, full_matrices=False)
    rank, s11 = task.input_rank, x.T @ x
    powers, found = task.principal
    assert_allclose(np.sqrt(powers), sizes[:rank], rtol=1e-9)
    assert_allclose(np.abs(np.sum(found * vectors[:rank].T, axis=0)), 1.0, rtol=1e-9)
    all_powers, all_vectors = task.input_modes
    assert_array_equal(all_powers, np.append(powers, np.zeros(30 - rank)))
    assert_array_equal(all_vectors[:, :rank], found)
    assert_allclose(all_vectors.T @ all_vectors, np.eye(30), rtol=0, atol=1e-13)
    mean = np.trace(s11) / 30
    assert_allclose(task.anisotropy, np.linalg.norm(s11 - mean * np.eye(30)) / np.linalg.norm(s11), rtol=1e-10)
    v = task.modes.v
    m = v.T @ s11 @ v
    assert_allclose(task.diagonality, np.linalg.norm(m - np.diag(np.diag(m))) / np.linalg.norm(m), rtol=1e-9)
    dense = Task(s11, task.input_output_correlation, task.output_power, 12, (), task.measured._replace(thin=False))
    assert_allclose(task.misalignment, dense.misalignment, rtol=1e-9)
    assert task.rank == dense.rank == 2


def test_white_inputs_are_examples_turned(plain):
    """White inputs of few examples are orthonormal over examples times their number, whatever the units."""
    x, y = plain
    white, centred = (Task.from_data(x, y, inputs=inputs) for inputs in ("white", "centred"))
    assert white.n_in == 11
    assert_array_equal(white.input_correlation, 12 * np.eye(11))
    q = (x - x.mean(axis=0)) @ centred.whitening().T
    assert_allclose(q.T @ q, 12 * np.eye(11), rtol=0, atol=1e-8)
    assert_allclose(y.T @ q, white.input_output_correlation, rtol=0, atol=1e-9)
    away = y - y.mean(axis=0)
    assert_allclose(white.modes.s, np.sqrt(12) * np.linalg.svd(away, compute_uv=False), rtol=1e-10)
    assert_allclose(white.floor, 0.5 * 12 * np.square(y.mean(axis=0)).sum(), rtol=1e-10)
    mean = Task.from_data(x, y, inputs="white", reduction="mean")
    assert_allclose(mean.modes.s * 12, white.modes.s, rtol=1e-10)
    assert_allclose(mean.floor * 12, white.floor, rtol=1e-10)


def test_one_row_fewer_or_more_than_inputs():
    """Both ways of finding directions meet where there are as many examples as inputs."""
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((21, 20)) * 10.0 ** rng.integers(-4, 5, 20), rng.standard_normal((21, 2))
    for rows, thin in ((21, False), (20, False), (19, True)):
        task = Task.from_data(x[:rows], y[:rows])
        assert task.thin == thin
        assert task.input_rank == min(rows, 20)
        best = np.linalg.lstsq(x[:rows] / np.linalg.norm(x, axis=0), y[:rows], rcond=None)[0]
        assert_allclose(task.loss(task.optimum), task.floor, rtol=1e-9, atol=1e-20)
        residual = y[:rows] - x[:rows] / np.linalg.norm(x, axis=0) @ best
        assert_allclose(task.floor, 0.5 * np.square(residual).sum(), rtol=1e-9, atol=1e-20)


def test_matrices_are_formed_when_they_are_read(plain):
    task = Task.from_data(*plain)
    assert callable(unread(task, "input_correlation"))
    assert callable(unread(task, "left_out"))
    again = pickle.loads(pickle.dumps(task))
    assert_array_equal(again.input_correlation, task.input_correlation)
    assert again.left_out == task.left_out
    assert not callable(unread(task, "input_correlation"))
    assert task.input_correlation is task.input_correlation
    white = Task.from_data(*plain, inputs="white")
    assert [each.column for each in white.left_out] == [4, 9, *range(13, 30)]
    assert [each.reason for each in white.left_out[:2]] == ["constant", "a linear function of x[:, 2]"]


def test_chunks_of_wide_rows(monkeypatch, plain):
    from deeplinear.task import moments

    whole = Task.from_data(*plain, inputs="centred")
    monkeypatch.setattr(moments, "NUMBERS", 5 * 32)
    examples = Examples(*plain, centred=True)
    assert [len(xs) for xs, _ in examples] == [5, 5, 2]
    parts = Task.from_data(*plain, inputs="centred")
    assert_allclose(parts.input_output_correlation, whole.input_output_correlation, rtol=1e-10, atol=1e-10)
    assert_allclose(parts.floor, whole.floor, rtol=1e-12)


@pytest.mark.parametrize("inputs", ["raw", "centred"])
def test_in_compact_form_everything_is_the_same(plain, inputs):
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((12, 30)) + 0.5, rng.standard_normal((12, 2))
    task = Task.from_data(x, y, inputs=inputs)
    small = task.compact()
    assert (small.n_in, small.input_rank) == (task.input_rank + 1, task.input_rank)
    assert_allclose(small.modes.s, task.modes.s, rtol=CLOSED_FORM)
    assert_allclose(small.targets, task.targets, rtol=1e-10)
    assert_allclose([small.floor, small.output_power], [task.floor, task.output_power], rtol=CLOSED_FORM)
    assert_allclose(small.misalignment, task.misalignment, rtol=1e-9)
    assert_allclose(task_sharpness(small, 3), task_sharpness(task, 3), rtol=1e-10)
    assert_allclose(small.loss(small.optimum), small.floor, rtol=1e-10, atol=1e-18)
    runs = [
        descend(t, initial.decoupled(t, [t.n_in, 4, 2], strength=0.1, rng=0), rate=1e-3, steps=50)
        for t in (task, small)
    ]
    assert_allclose(runs[1].loss, runs[0].loss, rtol=1e-10)
    assert small.compact() is small
    assert_allclose(small.input_correlation, np.diag(np.append(task.principal[0], 0.0)), rtol=0, atol=0)
    assert_allclose(small.directions.gram(), small.input_correlation, rtol=CLOSED_FORM)


def test_prediction_of_a_wide_task_is_that_of_its_correlations(plain):
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((8, 20)) + 0.3, rng.standard_normal((8, 2))
    task = Task.from_data(x, y)
    dense = Task(x.T @ x, y.T @ x, float(np.square(y).sum()), 8, (), task.measured._replace(thin=False))
    one, two = predict(task, simulate=True), predict(dense, simulate=True)
    assert one.task is task
    assert_allclose(one.half_times, two.half_times, rtol=1e-6)
    assert_allclose(one.best_rate, two.best_rate, rtol=1e-10)
    assert_allclose(one.run.loss, two.run.loss, rtol=1e-9)
    alone = by_itself(task, 2)
    v = task.modes.v
    beyond = np.eye(20) - v @ v.T
    assert_allclose(alone.input_correlation[2, 2], np.linalg.eigvalsh(beyond @ (x.T @ x) @ beyond)[-1], rtol=1e-10)


def test_principal_components_of_white_inputs_take_no_time():
    for n in (3, 40):
        powers, vectors = np.linalg.eigh(7.0 * np.eye(n))
        task = Task.from_correlations(7.0 * np.eye(n), np.ones((1, n)))
        assert_array_equal(task.input_modes[0], powers[::-1])
        assert_array_equal(task.input_modes[1], vectors[:, ::-1])
    nearly = np.diag([7.0, 7.0, 7.0 + 1e-9])
    assert_array_equal(Task.from_correlations(nearly, np.ones((1, 3))).input_modes[0][0], 7.0 + 1e-9)
    turned = 7.0 * np.eye(2) + np.array([[0.0, 1.0], [1.0, 0.0]])
    assert_allclose(Task.from_correlations(turned, np.ones((1, 2))).input_modes[0], [8.0, 6.0], rtol=CLOSED_FORM)


def test_what_does_not_fit_is_refused_when_it_is_read(monkeypatch):
    from deeplinear import memory

    rng = np.random.default_rng(5)
    task = Task.from_data(rng.standard_normal((3, 2500)), rng.standard_normal(3))
    monkeypatch.setattr(memory, "available_memory", lambda: 100e6)
    sentence = r"^Task\.{} needs 143 MiB of memory for correlations of 2500 inputs, got 95\.4 MiB available: it would not fit\. Pass inputs=\"white\""
    with pytest.raises(ValueError, match=sentence.format("input_correlation")):
        _ = task.input_correlation
    with pytest.raises(ValueError, match=sentence.format("input_modes")):
        _ = task.input_modes
    assert task.input_rank == 3
    with pytest.raises(
        ValueError,
        match=r"^Task\.from_data needs 191 MiB of memory for directions of 50000 inputs in 100 examples, got",
    ):
        Task.from_data(np.zeros((100, 50_000), dtype=np.uint8), np.zeros(100))
    with pytest.raises(
        ValueError,
        match=r"^Task\.from_data needs 412 MiB of memory for directions of 3000 inputs in 3001 examples, got",
    ):
        Task.from_data(np.zeros((3001, 3000), dtype=np.uint8), np.zeros(3001))
    with pytest.raises(ValueError, match=r"^Task\.from_modes needs"):
        Task.from_modes([1.0], n_in=4000)


SIZES = [(60, 4000, "white"), (3, 10_000, "raw"), (3, 30_000, "white"), (3, 30_000, "centred"), (200, 3000, "white")]


@pytest.mark.parametrize(("examples", "inputs", "how"), SIZES)
def test_wide_data_take_well_under_a_second(examples, inputs, how):
    """Sixty examples of 4000 inputs took 11 s, three of 10 000 more than 100 s, three of 30 000 all of the memory."""
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((examples, inputs)), rng.standard_normal((examples, 2))
    begun = time.process_time()
    task = Task.from_data(x, y, inputs=how)
    assert len(task.left_out) == inputs - examples + (how != "raw")
    assert str(len(task.left_out) - 3) in repr(task)
    assert time.process_time() - begun < 2.0
    assert task.input_rank == examples - (how != "raw")


PEAK = """
import resource, sys
import numpy as np
from deeplinear import Task
from deeplinear.report.predict import predict
rng = np.random.default_rng(0)
x, y = rng.standard_normal((int(sys.argv[1]), int(sys.argv[2]))), rng.standard_normal((int(sys.argv[1]), 2))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
predict(Task.from_data(x, y, inputs=sys.argv[3]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.parametrize("how", ["white", "raw"])
def test_peak_memory_is_linear_in_the_inputs(how):
    """A matrix of all inputs by all inputs would be 3.2 GB."""
    found = subprocess.run(
        [sys.executable, "-c", PEAK, "4", "20000", how], capture_output=True, text=True, check=True, timeout=100
    )
    assert float(found.stdout) < 150  # MiB, of which SciPy's modules are half


LARGE = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30,) * 2)
import numpy as np
from deeplinear import Task
x = np.zeros((10_000, 100_000), dtype=np.uint8)
try:
    Task.from_data(x, np.zeros(10_000), inputs="white")
except ValueError as error:
    print(error)
"""


@pytest.mark.slow
def test_ten_thousand_by_a_hundred_thousand_says_what_it_needs():
    begun = time.monotonic()
    found = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True, timeout=60)
    sentence = "Task.from_data needs 37.3 GiB of memory for directions of 100000 inputs in 10000 examples, got "
    assert found.stdout.startswith(sentence), found.stdout
    assert found.stdout.strip().endswith("Select features, or take fewer examples.")
    assert time.monotonic() - begun < 60


@pytest.mark.slow
def test_a_thousand_examples_of_ten_thousand_inputs():
    rng = np.random.default_rng(7)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    task = Task.from_data(rng.standard_normal((1000, 10_000)), rng.standard_normal((1000, 3)), inputs="white")
    assert (task.n_in, len(task.left_out)) == (999, 9001)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20 < 1.0
