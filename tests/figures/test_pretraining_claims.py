"""Claims of Fig. 5 on invented numbers: each turns red when its own number is off, and only then."""

import importlib
import re

import numpy as np
import pytest

from deeplinear.figures import fig5
from deeplinear.figures.pretraining_claims import MNIST_COSINES, MNIST_RANDOM, MNIST_SCORES, claims, mnist_claims
from deeplinear.figures.race import race, settled

DRAWS = np.linspace(-1, 1, 20)


def invented():
    """A random net on a plateau until epoch 500, a pretrained one that learns at once after 350 epochs."""
    times = np.arange(0, 1001, 10)
    scores = np.array(list(MNIST_SCORES.values()))
    off = np.zeros((10, 10))
    off[0, 1] = scores[0, 0]
    block = off + np.sqrt(1 - scores[0, 0] ** 2) * np.diag(np.arange(10) == 2)
    unit = DRAWS / DRAWS.std(ddof=1)
    data = {
        "data": np.array("mnist"),
        "scores": scores,
        "random": np.array([mean + sd * unit for mean, sd in MNIST_RANDOM.values()]),
        "cosines": np.array(MNIST_COSINES),
        "block": block,
        "share": np.array(0.79),
    }
    for inputs in MNIST_SCORES:
        for start, wait in (("random", 500), ("pretrained", 0)):
            left = 0.02 + 0.98 * np.exp(-np.maximum(times - wait, 0) / 30)
            run = f"{inputs}_{start}_"
            data |= {run + "first": 1.0, run + "floor": 0.2, run + "times": times, run + "loss": 0.2 + 0.8 * left}
            data |= {run + "learned": np.array([np.nan, 100 if start == "random" else 40])}
            data |= {run + "best_rate": np.array(6.0 if start == "random" else 1.0)}
        tuned = f"{inputs}_pretrained_"
        data[tuned + "theory"] = data[tuned + "loss"] + 0.04 * (times > 100)
        data[tuned + "spent"] = np.array([100, 150, 100])
        data[tuned + "mixed"] = np.array(0.05)
        data[tuned + "errors"] = np.array([[1, 0.5, 0.1]] * 3)
    return data


def red(found):
    """Texts of the claims that fail."""
    return [claim.text for claim in found if not claim.passed]


def added(name, step, where=()):
    """The array with a number added somewhere."""

    def change(data):
        data[name] = np.array(data[name], dtype=float)
        data[name][where] += step

    return change


def together(step):
    """Both networks, and theory, end elsewhere."""

    def change(data):
        for name in ("random_loss", "pretrained_loss", "pretrained_theory"):
            added(f"centred_{name}", step, -1)(data)

    return change


def late(data):
    """The pretrained network does not move for 50 epochs; theory neither."""
    still = data["raw_pretrained_times"] <= 50
    for name in ("raw_pretrained_loss", "raw_pretrained_theory"):
        data[name] = np.where(still, 0.2 + 0.8 * 0.8, data[name])


def no_plateau(data):
    """The random network learns a third early, and the rest late."""
    data["raw_random_loss"] = np.minimum(data["raw_random_loss"], np.where(data["raw_random_times"] > 100, 0.7, 1.0))


TURNED = [
    ("counting the pretraining; raw", added("raw_pretrained_spent", 160, 1)),
    ("counting the pretraining; centred", added("centred_pretrained_spent", 160, 1)),
    ("learning time on plateaus", late),
    ("learning time on plateaus", no_plateau),
    ("Against the paper", added("raw_random_best_rate", -3.5)),
    ("Against the paper", added("raw_pretrained_spent", -300, 1)),
    ("fine-tuning alone", added("raw_pretrained_learned", 70)),
    ("error of the best linear map", together(0.03)),
    ("error of the best linear map", together(-0.017)),
    ("error of the best linear map", added("centred_random_loss", 0.012, -1)),
    *((f"closed form: .*; {i} inputs", added(f"{i}_pretrained_theory", 0.03, 1)) for i in MNIST_SCORES),
    *((f"encoders move too.*; {i} inputs", added(f"{i}_pretrained_theory", -0.03, -1)) for i in MNIST_SCORES),
    *(("components apart", added(f"{i}_pretrained_mixed", 0.06)) for i in MNIST_SCORES),
    *(("reconstruction error of every layer", added("raw_pretrained_errors", 0.06, (layer, 2))) for layer in range(3)),
    ("reconstruction error of every layer", added("raw_pretrained_errors", -0.45, (2, 1))),
    ("score was computed from", added("block", 1e-4, (3, 4))),
    ("score was computed from", added("block", 1e-3, (2, 2))),
]


def test_claims_hold_of_what_the_figure_shows():
    assert red(claims(invented())) == []


@pytest.mark.parametrize(("text", "change"), TURNED)
def test_one_change_turns_one_claim(text, change):
    data = invented()
    change(data)
    failed = red(claims(data))
    assert len(failed) == 1
    assert re.search(text, failed[0])


@pytest.mark.parametrize("inputs", [0, 1])
def test_both_kinds_of_inputs_must_be_diagonal(inputs):
    data = invented() | {"data": np.array("digits")}
    sd = data["random"][inputs].std(ddof=1)
    data["scores"][inputs, 0] = data["random"][inputs].mean() - 5.1 * sd
    block = data["scores"][0, 0] * (np.arange(100).reshape(10, 10) == 1)
    data["block"] = block + np.sqrt(1 - data["scores"][0, 0] ** 2) * np.diag(np.arange(10) == 2)
    assert red(claims(data)) == []
    data["scores"][inputs, 0] += 0.2 * sd
    assert "nearer to principal components" in red(claims(data))[0]


@pytest.mark.parametrize("inputs", [0, 1])
@pytest.mark.parametrize(("score", "digit"), [(0, 1e-3), (1, 1e-3), (2, 1e-3), (3, 1e-2)])
@pytest.mark.parametrize("sign", [1, -1])
def test_scores_to_the_printed_digit(inputs, score, digit, sign):
    data = invented()
    data["scores"][inputs, score] += sign * digit / 2
    assert red(mnist_claims(data)) == []
    data["scores"][inputs, score] += sign * digit / 2
    assert [list(MNIST_SCORES)[inputs] in text and "off its diagonal" in text for text in red(mnist_claims(data))] == [
        True
    ]


@pytest.mark.parametrize("which", range(10))
def test_cosines_to_the_printed_digit(which):
    data = invented()
    data["cosines"][which] -= 5e-4
    assert red(mnist_claims(data)) == []
    data["cosines"][which] -= 5e-4
    assert len(red(mnist_claims(data))) == 1


@pytest.mark.parametrize("inputs", [0, 1])
def test_random_bases_within_five_errors_of_two_samples(inputs):
    data = invented()
    error = 5 * list(MNIST_RANDOM.values())[inputs][1] * np.sqrt(2 / 20)
    data["random"][inputs] += 0.95 * error
    assert red(mnist_claims(data)) == []
    data["random"][inputs] += 0.1 * error
    assert len(red(mnist_claims(data))) == 1


def test_patch_is_the_middle_of_the_image():
    matrix = np.arange(784**2).reshape(784, 784)
    patch = fig5.central(matrix)
    assert patch.shape == (56, 56)
    first = 12 * 28 + 7  # four rows of 28 from row 12, fourteen columns from column 7
    assert patch[0, 0] == first * 784 + first
    assert patch[0, 14] == first * 784 + first + 28


def test_settled_is_below_for_good():
    assert settled(np.array([3, 1, 2, 1, 1.0]), 1.5) == 3
    assert settled(np.array([1.0, 1]), 2) == 0
    assert np.isnan(settled(np.array([1.0, 3]), 2))
    assert np.isnan(settled(np.array([1.0, np.nan]), 2))


def test_readout_has_the_same_standard_deviation_as_other_weights(monkeypatch):
    module = importlib.import_module("deeplinear.initial.pretrained")
    true, made = module.pretrained, []

    def spy(*args, **options):
        made.append(true(*args, **options))
        return made[-1]

    monkeypatch.setattr(module, "pretrained", spy)
    race(
        data="digits",
        inputs="raw",
        start="pretrained",
        hidden=(40, 60),
        std=0.03,
        epochs=50,
        left=0.05,
        common=0.5,
        rates=(1.0,),
        share=0.1,
        steps=40,
        long=10,
        every=10,
        rng=0,
    )
    readout = made[0].weights[-1]
    assert abs(readout.std() / 0.03 - 1) < 5 / np.sqrt(2 * readout.size)
