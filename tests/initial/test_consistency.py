"""Eq. (18): scores with known values, and predictions held against descent."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM

import deeplinear as dl
from deeplinear import Task
from deeplinear.initial.consistency import consistency
from deeplinear.initial.pretrained import pretrained
from deeplinear.initial.pretrained_limit import pretrained_limit
from deeplinear.task.alignment import off_diagonal_share

POWERS = np.array([6.0, 4.0, 2.5, 1.5, 1.0, 0.6])


def turned(angle, s=(1.2, 0.8)):
    """Two task modes, the first of them turned by this angle from the first component towards the sixth."""
    v = np.eye(6)[:, :2]
    v[[0, 5], 0] = np.cos(angle), np.sin(angle)
    return Task.from_correlations(np.diag(POWERS), np.diag(s) @ v.T)


@pytest.fixture(scope="module")
def digits():
    return dl.data.digits(inputs="raw")


def test_aligned_tasks_score_zero():
    found = consistency(turned(0.0))
    assert found.score == found.outside == 0.0
    assert_allclose(found.cosines, 1.0, rtol=1e-14)
    assert_allclose(found.block, np.diag([6.0, 4.0]), rtol=1e-14)
    assert found.random.mean() > 0.1
    assert "consistent: pretrained" in found.verdict


def test_a_turned_mode_by_hand():
    """v_1 = (cos, 0, …, sin): its image leaves the span along (−sin, …, cos) by (λ_6 − λ_1) cos sin."""
    c, s = np.cos(0.3), np.sin(0.3)
    found = consistency(turned(0.3))
    first, leak = 6 * c**2 + 0.6 * s**2, (0.6 - 6) * c * s
    assert found.score < 1e-15
    assert_allclose(found.block, np.diag([first, 4.0]), rtol=1e-14, atol=1e-14)
    assert_allclose(found.outside, abs(leak) / np.sqrt(first**2 + leak**2 + 16), rtol=CLOSED_FORM)
    assert_allclose(found.cosines, [1.0, c], rtol=CLOSED_FORM)
    assert_allclose(found.weights_on_components[:, 0], [c**2, 0, 0, 0, 0, s**2], atol=1e-15)
    assert_allclose(found.passes(width=5), [c**2, 1.0], rtol=CLOSED_FORM)


def test_two_mixed_modes_by_hand():
    """V = the first two components turned into each other: off-diagonal (λ_1 − λ_2) cos sin, twice."""
    c, s = np.cos(0.5), np.sin(0.5)
    v = np.eye(6)[:, :2] @ np.array([[c, -s], [s, c]])
    found = consistency(Task.from_correlations(np.diag(POWERS), np.diag([1.2, 0.8]) @ v.T))
    off, size = 2 * c * s, np.sqrt(36 + 16)
    assert_allclose(found.score, np.sqrt(2) * off / size, rtol=CLOSED_FORM)
    assert_allclose(found.leading, found.score, rtol=CLOSED_FORM)
    assert found.outside < 1e-15
    assert found.as_given == 0.0
    assert_allclose(found.cosines, 1.0, rtol=1e-14)
    assert "not consistent" in found.verdict


def test_random_tasks_are_not_consistent_and_white_inputs_always_are():
    rng = np.random.default_rng(0)
    v = np.linalg.qr(rng.standard_normal((40, 6)))[0]
    powers = np.geomspace(10, 0.1, 40)
    crooked = consistency(Task.from_correlations(np.diag(powers), np.diag([6.0, 5, 4, 3, 2, 1]) @ v.T))
    assert "not consistent" in crooked.verdict
    assert abs(crooked.score - crooked.random.mean()) < 4 * crooked.random.std()
    white = consistency(Task.from_modes([3.0, 2.0, 1.0], n_in=5))
    assert white.score == 0.0
    assert "white inputs" in white.verdict
    single = consistency(Task.from_correlations(np.diag(POWERS), [[1.0, 0, 0, 0, 0, 1.0]]))
    assert "63% of the one mode" in single.verdict


def test_the_first_step_moves_modes_as_predicted(digits):
    """From a readout of zero only the readout moves: mode α by η s_α v_αᵀ Q M Qᵀ v_α, exactly."""
    widths, options = (64, 30, 20, 10), {"strength": 0.01, "epochs": 400, "rng": 0}
    rate = 0.1 / digits.input_modes[0][0]
    start = pretrained_limit(digits, widths, readout=0.0, **options)
    run = dl.descend(digits, start, rate=rate, steps=1, reduce=False)
    expected = consistency(digits).passes(epochs=400, layers=2, width=20, strength=0.01)
    assert 0.01 < expected.min() < 0.5 < expected.max() < 1
    assert_allclose(run.strengths[1], rate * digits.modes.s * expected, rtol=1e-10)


@pytest.mark.parametrize("pretraining_rate", [None, 0.125])
def test_fine_tuning_of_the_readout_alone_is_exact(digits, pretraining_rate):
    """The law is that of descent on the readout, by hand behind encoders that rest; rates in units of 1 / λ_1."""
    widths, options = (64, 30, 20, 10), {"strength": 0.02, "epochs": 600}
    slow = None if pretraining_rate is None else pretraining_rate / digits.input_modes[0][0]
    *encoders, readout = pretrained_limit(digits, widths, readout=0.0, rng=1, rate=slow, **options)
    through, rate = encoders[1] @ encoders[0], 0.7 / digits.input_modes[0][0]
    losses = []
    for _ in range(41):
        losses.append(float(digits.loss(readout @ through)))
        missing = digits.input_output_correlation - readout @ through @ digits.input_correlation
        readout = readout + rate * missing @ through.T
    options |= {"rate": rate, "layers": 2, "width": 20}
    theory = consistency(digits).fine_tuning(np.arange(41), pretraining_rate=slow, **options)
    assert_allclose(theory, losses, rtol=1e-10)
    if slow is not None:
        assert theory[-1] > 1.2 * consistency(digits).fine_tuning(40, **options)
    assert losses[-1] < 0.7 * losses[0]


def test_fine_tuning_predicts_the_whole_network_while_targets_are_small(digits):
    """Encoders move in second order of the readout, s/d at its end: a tenth of the targets, a hundredth of the gap."""
    gaps = []
    for scale in (1.0, 0.1):
        task = Task(digits.input_correlation, digits.input_output_correlation * scale, digits.output_power * scale**2)
        widths, options = (64, 30, 20, 10), {"strength": 0.01, "epochs": 300}
        rate = 0.5 / task.input_modes[0][0]
        start = pretrained_limit(task, widths, readout=0.0, rng=2, **options)
        run = dl.descend(task, start, rate=rate, steps=40, reduce=False)
        theory = consistency(task).fine_tuning(run.times, rate=rate, layers=2, width=20, **options)
        gaps.append(np.abs(run.loss - theory).max() / run.loss[0])
    assert gaps[0] < 0.02
    assert gaps[0] / gaps[1] == pytest.approx(100, rel=0.1)  # the next order is a tenth of that of the larger targets


def test_what_narrow_frozen_encoders_cannot_learn(digits):
    """Least squares on the leading components, by NumPy on the correlations."""
    found, (powers, q) = consistency(digits), digits.input_modes
    for kept in (1, 5, 30, 61):
        on = q[:, :kept]
        best = digits.input_output_correlation @ on @ np.linalg.inv(on.T @ digits.input_correlation @ on) @ on.T
        gap = 1e-9 * digits.floor
        assert_allclose(found.out_of_reach(kept), float(digits.loss(best)) - digits.floor, rtol=1e-8, atol=gap)
    late = found.fine_tuning(1e12, rate=0.5 / powers[0], layers=2, width=5)
    assert_allclose(late, digits.floor + found.out_of_reach(5), rtol=1e-10)


def test_descended_pretraining_passes_modes_as_predicted(digits):
    """A small random start passes what theory says at half its strength, but for interactions where M is in between."""
    done = pretrained(digits, (64, 60, 10), epochs=400, strength=1e-4, rng=3)
    through = done.encoders[0] @ digits.modes.v
    found = np.einsum("ia,ia->a", through, through)
    predicted = consistency(digits).passes(epochs=400, width=60, strength=0.5e-4)
    assert_allclose(found, predicted, atol=0.06)  # where M is 1/2 components interact most
    assert np.ptp(predicted) > 0.3


def test_scores_of_digits(digits):
    """The other scores of the inputs and of the three strongest modes, by hand; the digits were measured."""
    found = consistency(digits)
    image = digits.input_correlation @ digits.modes.v[:, :3]
    block = digits.modes.v[:, :3].T @ image
    assert_allclose(found.leading, np.sqrt(1 - (np.diag(block) ** 2).sum() / (block**2).sum()), rtol=1e-9)
    assert found.leading == pytest.approx(off_diagonal_share(found.block[:3, :3]), rel=CLOSED_FORM)
    assert found.as_given == pytest.approx(0.96962, abs=1e-5)


def test_prints_and_draws(digits):
    found = consistency(digits)
    text = str(found)
    assert f"{found.score:.3f}" in text
    assert "cosines: 1.000" in text
    assert found.verdict in text
    figure = Figure()
    assert found.draw(figure) is None
    assert len(figure.axes) == 2
    figure.canvas.draw()


def test_seeds():
    one, two, three = (consistency(turned(0.2), rng=seed).random for seed in (0, np.random.default_rng(0), 1))
    assert_allclose(one, two)
    assert not np.allclose(one, three)


def test_refuses():
    with pytest.raises(ValueError, match=r"^consistency needs a task with modes, got Σ³¹ = 0"):
        consistency(Task.from_correlations(np.eye(2), np.zeros((2, 2))))
    with pytest.raises(ValueError, match=r"^consistency needs whole draws >= 2, got draws=1"):
        consistency(Task.from_modes([1.0]), draws=1)


@pytest.mark.slow
def test_mnist():
    """Theory handbook, section 10, Fig. 5; DEEPLINEAR_DATA may name the folder."""
    for inputs, scores in (("raw", (0.032, 0.021, 0.991, 0.04)), ("centred", (0.126, 0.029, 0.954, 0.21))):
        found = consistency(dl.data.mnist(inputs=inputs))
        measured = [found.score, found.leading, found.as_given, found.outside]
        assert (np.abs(np.subtract(measured, scores)) < [6e-4, 6e-4, 6e-4, 6e-3]).all()
        assert "consistent: pretrained" in found.verdict
