"""Greedy pretraining: the stack, its closed form, and what the weights are good for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM, ORDER

import deeplinear as dl
from deeplinear import Task
from deeplinear.initial.autoencoder import autoencode, compounded, passed
from deeplinear.initial.pretrained import pretrained
from deeplinear.initial.pretrained_limit import pretrained_limit
from deeplinear.task.alignment import off_diagonal_share

FLOW = 1e-3  # descent against the flow at the rates below, before extrapolation
WIDTHS = [(9, 6, 3), (9, 5, 4, 3), (9, 30, 3), (9, 12, 25, 7, 3)]


def passing(layers, task):
    """What encoders let through, in the principal components: QᵀWᵀWQ."""
    through = np.linalg.multi_dot([*layers[::-1], task.input_modes[1][:, : task.input_rank]])
    return through.T @ through


@pytest.mark.parametrize("start", ["random", "aligned"])
@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_the_whole_stack_reconstructs_layer_by_layer(examples, task, widths, start):
    """Errors start at the power of each layer's inputs, and end at what the kept encoder's best decoder could do or above."""
    done = pretrained(task, widths, epochs=80, strength=1e-3, start=start, rng=3)
    h = examples[0]
    for encoder, errors, epochs, rate in zip(done.encoders, done.errors, done.epochs, done.rates, strict=True):
        power = np.sum(h**2)
        assert len(errors) == epochs + 1
        assert_allclose(rate, 0.5 / np.linalg.norm(h, 2) ** 2, rtol=1e-10)
        assert errors[0] < 0.5 * power * 1.01
        assert_allclose(errors[0], 0.5 * power, rtol=5e-3)  # a start of strength 1e-3 reconstructs twice as much
        assert (np.diff(errors) <= 1e-12 * power).all()
        image = h @ encoder.T
        best = 0.5 * np.sum((h - image @ np.linalg.lstsq(image, h, rcond=1e-9)[0]) ** 2)
        assert errors[-1] >= best * (1 - 1e-9) - 1e-12 * power
        h = image
    assert done.cost == sum(done.epochs) == sum(len(e) - 1 for e in done.errors)
    assert dl.weights.widths(dl.weights.checked(done.weights, task)) == widths


def test_final_errors_are_those_of_the_network_that_was_kept(examples, task):
    """Aligned layers have the encoder's transpose for a decoder: evaluate it on the examples."""
    done = pretrained(task, (9, 5, 8, 3), epochs=30, strength=1e-2, start="aligned", rng=0)
    h = examples[0]
    for encoder, errors in zip(done.encoders, done.errors, strict=True):
        assert_allclose(errors[-1], 0.5 * np.sum((h - h @ encoder.T @ encoder) ** 2), rtol=1e-10)
        h = h @ encoder.T


@pytest.mark.parametrize("start", ["random", "aligned"])
@pytest.mark.parametrize("hidden", [2, 4, 12])
def test_long_training_projects_onto_the_leading_components(task, start, hidden):
    done = pretrained(task, (9, hidden, 3), epochs=20_000, share=1e-16, strength=1e-4, start=start, rng=4)
    m = passing(done.encoders, task)
    expected = np.diag(np.arange(7) < hidden).astype(float)
    assert_allclose(m, expected, rtol=0, atol=1e-3 if start == "random" else 1e-7)  # imbalance of the start stays
    if start == "aligned":
        assert_allclose(m, passing(pretrained_limit(task, (9, hidden, 3), rng=4)[:-1], task), atol=1e-7)


def test_descent_tends_to_the_closed_form_as_the_rate_does(task):
    """Half the rate, half the gap; through three layers, each of which sees what the ones below have passed."""
    gaps = []
    for slower in (1, 2):
        rate = 0.02 / task.input_modes[0][0] / slower
        options = {"strength": 0.05, "rate": rate, "rng": 6}
        done = pretrained(task, (9, 6, 12, 5, 3), epochs=150 * slower, start="aligned", share=0.0, **options)
        limit = pretrained_limit(task, (9, 6, 12, 5, 3), epochs=[150 * slower] * 3, **options)
        gaps.append(max(np.abs(a - b).max() for a, b in zip(done.weights, limit, strict=True)))
        total = compounded(task.input_modes[0][:7], layers=3, epochs=150 * slower, strength=0.05, rate=rate)
        assert_allclose(np.diag(passing(limit[:-1], task))[:5], total[:5], rtol=1e-10)
    assert gaps[0] < 0.03
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=ORDER)


def test_each_layer_steps_by_the_power_that_it_sees(task):
    """Before M reaches one the second layer's largest power is smaller, and its own rate larger."""
    limit = pretrained_limit(task, (9, 7, 7, 3), epochs=3, strength=0.05, rng=0)
    total = compounded(task.input_modes[0][:7], layers=2, epochs=3, strength=0.05)
    assert_allclose(np.diag(passing(limit[:-1], task)), total, rtol=1e-10)


def test_random_encoders_start_with_the_variance_asked_for(task):
    """Row by row of the hidden layer: ``strength / hidden`` on each of the seven directions that occur."""
    (w,) = pretrained(task, (9, 2000, 3), epochs=0, strength=0.3, rng=0).encoders
    assert_allclose(np.sum(w**2), 7 * 0.3, rtol=5 * np.sqrt(2 / 14_000))


def test_half_times_of_random_starts_are_those_of_half_the_strength():
    """Of two independent small vectors only (a + b)/2 grows: theory handbook, section 2.3."""
    rng, powers, strength, rate = np.random.default_rng(7), np.array([2.0, 1.0, 0.5]), 1e-4, 0.01
    std = np.sqrt(strength / 400)
    a, b = std * rng.standard_normal((400, 3)), std * rng.standard_normal((3, 400))
    done = autoencode(a, b, powers=powers, rate=rate, epochs=500)
    m = np.diag(done.decoder @ done.encoder)
    assert_allclose(
        m[0], passed(500, power=2.0, rate=rate, strength=strength / 2), atol=1e-4
    )  # M of the first is 1 but for 1e-5
    u0 = ((a[:, 1] + b[1]) ** 2).sum() / 4
    assert_allclose(u0, strength / 2, rtol=5 * np.sqrt(2 / 400))
    half = np.log(1 / u0 - 1) / (2 * np.log1p(rate * powers[1]))
    done = autoencode(a, b, powers=powers, rate=rate, epochs=round(half))
    assert_allclose((done.decoder @ done.encoder)[1, 1], 0.5, atol=0.01)  # an epoch moves it by 0.005


def test_white_inputs_take_a_few_epochs():
    """At ηλ = ½ descent is the Newton-Schulz iteration: it squares the error once weights have grown."""
    task = Task.from_modes(np.arange(10.0, 0.0, -1.0))
    done = pretrained(task, [10, 40, 40, 40, 10], rng=8)
    assert max(done.epochs) < 25
    assert_allclose(passing(done.encoders, task), np.eye(10), atol=1e-3)  # it ends before the error is nothing
    aligned = pretrained(task, [10, 40, 40, 40, 10], start="aligned", rng=8)
    last = 1 - (2 * aligned.errors[0] / 10) ** 0.5  # u of every component
    a = np.sqrt(last)
    assert_allclose(a[-1], 1.5 * a[-2] - 0.5 * a[-2] ** 3, rtol=1e-12)


def test_where_the_tasks_modes_are_components_pretraining_is_a_decoupled_start():
    """Eq. (18), measured by `solve`: every condition of a decoupled law holds; with other modes it does not."""
    powers, rng = np.array([5.0, 3.0, 2.0, 1.0]), np.random.default_rng(9)
    q, u = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (4, 3))
    aligned = Task.from_correlations((q * powers) @ q.T, u @ np.diag([3.0, 2.0, 0.5, 0])[:3] @ q.T)
    w1, _ = pretrained_limit(aligned, (4, 6, 3), epochs=10, strength=0.05, rng=0)
    d = np.linalg.norm(w1 @ aligned.modes.v, axis=0)
    frame = (w1 @ aligned.modes.v / d)[:, :3]
    start = (w1, aligned.modes.u * [0.3, 0.2, 0.1] @ frame.T)
    law = dl.solve(aligned, start)
    assert max(law.conditions.values()) < 1e-9
    run = dl.descend(aligned, start, rate=1e-4, steps=3000)
    assert_allclose(run.strengths[-1], law(np.array([0.3])).strengths[-1], rtol=FLOW)
    turned = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    crooked = Task.from_correlations((q * powers) @ q.T, u @ np.diag([3.0, 2.0, 0.5, 0])[:3] @ turned.T)
    w1, _ = pretrained_limit(crooked, (4, 6, 3), epochs=10, strength=0.05, rng=0)
    assert off_diagonal_share(crooked.modes.v.T @ w1.T @ w1 @ crooked.modes.v) > 0.05
    with pytest.raises(ValueError, match="solve needs"):
        dl.solve(crooked, (w1, start[1]))


@pytest.mark.parametrize("start", ["random", "aligned"])
def test_first_is_the_pretraining_of_a_shallower_net(task, start):
    options = {"epochs": 25, "start": start, "strength": 1e-2, "rng": 10}
    stack = pretrained(task, (9, 12, 5, 12, 6, 3), **options)
    for depth in range(2, 6):
        alone, prefix = pretrained(task, (*(9, 12, 5, 12, 6)[:depth], 3), **options), stack.first(depth)
        assert prefix.epochs == alone.epochs
        assert prefix.cost == alone.cost
        for one, two in zip(prefix.weights, alone.weights, strict=True):
            assert_array_equal(one, two)
    assert stack.first(5).weights[-1] is stack.weights[-1]
    assert stack.first(1).weights[0].shape == (3, 9)
    assert stack.first(3).first(2).weights[0] is stack.weights[0]


def test_layers_stop_when_the_share_is_left(task):
    powers = task.input_modes[0]
    level = 0.5 * (powers[4:].sum() + 0.2 * powers[:4].sum())
    slow = {"epochs": 50_000, "rate": 0.01 / powers[0]}  # steps of 0.2 % of the error
    for options in ({"epochs": 5000}, slow):
        for start in ("random", "aligned"):
            done = pretrained(task, (9, 4, 3), share=0.2, strength=1e-3, start=start, rng=0, **options)
            assert done.errors[0][-1] <= level < done.errors[0][-2]
            assert done.epochs[0] < 5000
    assert pretrained(task, (9, 4, 3), epochs=7, rng=0).epochs == (7,)
    assert pretrained(task, (9, 4, 3), epochs=0, rng=0).epochs == (0,)
    assert pretrained(task, (9, 4, 3), share=0.0, rng=0).epochs == (500,)


def test_a_component_passes_a_ten_thousandth_at_the_start_and_all_of_it_at_the_end(task):
    """By default, however weak the component."""
    begun = pretrained(task, (9, 4, 3), epochs=0, start="aligned", rng=0).encoders[0]
    for encoder in (begun, pretrained_limit(task, (9, 4, 3), epochs=0, rng=0)[0]):
        assert_allclose(np.linalg.svd(encoder, compute_uv=False), 1e-2, rtol=CLOSED_FORM)
    weak = Task.from_correlations(np.diag([1.0, 1e-6]), np.eye(2))
    w1, _ = pretrained_limit(weak, (2, 4, 2), rng=0)
    assert_allclose(w1.T @ w1, np.eye(2), rtol=0, atol=1e-9)


def test_readouts(task):
    scaled = pretrained(task, (9, 400, 3), epochs=1, readout=2.0, rng=0).weights[-1]
    assert_allclose(scaled.std() * 20, 2.0, rtol=5 / np.sqrt(2 * scaled.size))
    given = np.ones((3, 5))
    stack = pretrained(task, (9, 6, 5, 3), epochs=1, readout=given, rng=0)
    assert_array_equal(stack.weights[-1], given)
    with pytest.raises(ValueError, match=r"^Pretraining\.first needs a readout that fits, got depth=2"):
        stack.first(2)
    assert not pretrained(task, (9, 6, 3), epochs=1, readout=0.0).weights[-1].any()
    assert "1 layers pretrained in 1 epochs" in str(pretrained(task, (9, 6, 3), epochs=1))


def test_directions_that_do_not_occur_stay_out(task):
    nothing = task.input_modes[1][:, 7:]
    for start in ("random", "aligned"):
        assert np.abs(pretrained(task, (9, 12, 3), epochs=5, start=start, rng=0).weights[0] @ nothing).max() < 1e-12


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"epochs": -1}, "pretrained needs whole epochs >= 0, got epochs=-1"),
        ({"epochs": 2.5}, "pretrained needs whole epochs"),
        ({"share": 1.5}, "pretrained needs 0 <= share <= 1, got share=1.5"),
        ({"share": np.nan}, "pretrained needs 0 <= share"),
        ({"rate": 0.0}, r"pretrained needs a finite rate > 0, got rate=0\.0"),
        (
            {"rate": 1.0},
            "pretrained needs a stable rate, got rate=1: the reconstruction error diverged at epoch",
        ),
        ({"rate": 1.0, "start": "aligned"}, "pretrained needs a stable rate"),
        ({"start": "greedy"}, "pretrained needs start in random, aligned, got start='greedy'"),
        ({"strength": 0.0}, r"pretrained needs 0 < strength <= 1, got strength=0\.0"),
        ({"readout": np.ones((2, 2))}, r"pretrained needs readout >= 0 or a finite matrix of shape \(3, 4\)"),
        ({"readout": -1.0}, "pretrained needs readout >= 0"),
        ({"widths": (8, 4, 3)}, "pretrained needs widths from 9 to 3"),
    ],
)
def test_refuses(task, options, text):
    with pytest.raises(ValueError, match="^" + text):
        pretrained(task, **{"widths": (9, 4, 3), "rng": 0} | options)


def test_limit_and_first_refuse(task):
    with pytest.raises(
        ValueError, match=r"^pretrained_limit needs epochs >= 0, .* of 2 hidden layers, got epochs=\[1\]"
    ):
        pretrained_limit(task, (9, 4, 4, 3), epochs=[1])
    with pytest.raises(ValueError, match=r"^pretrained_limit needs 0 < strength <= 1"):
        pretrained_limit(task, (9, 4, 3), strength=2.0)
    with pytest.raises(ValueError, match=r"^Pretraining\.first needs a whole number 1 <= depth <= 2, got depth=3"):
        pretrained(task, (9, 4, 3), epochs=1).first(3)
