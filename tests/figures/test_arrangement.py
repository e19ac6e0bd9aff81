"""Jobs of a figure and the places of their results in its arrays: with fake jobs that return what they were asked."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deeplinear.figures import fig5, fig6a, fig7, gains
from deeplinear.figures.starts import MEASURED, STARTS


def at_once(work, jobs, workers=-1):
    """A sweep in this process."""
    return [work(**job) for job in jobs]


def test_rows_of_fig6a_are_the_networks_asked_for(monkeypatch):
    asked = []

    def fake(*, start, inputs, layers, targets, seed, double=False, **others):
        asked.append((start, inputs, layers, seed, double, others["pretraining"]))
        shape = (len(targets), len(layers))
        code = 1e6 * STARTS.index(start) + 1e5 * seed + 1e4 * (inputs == "raw") + 1e3 * double
        cells = code + 100 * np.arange(len(targets))[:, None] + np.array(layers)
        return {name: cells + i / 10 for i, name in enumerate((*MEASURED, "epochs"))} if shape else {}

    monkeypatch.setattr(fig6a, "study", fake)
    monkeypatch.setattr(fig6a, "sweep", at_once)
    runs = (
        ("orthogonal", "white", (0.9, 0.999), (3, 5), (0, 1)),
        ("pretrained", "raw", (0.8,), (3, 9), (2,)),
    )
    pretraining = {"white": {"a": 1}, "raw": {"b": 2}}
    data = fig6a.compute(
        data="digits",
        width=9,
        rates=(1, 2, 3),
        steps=7,
        hold=3,
        runs=runs,
        pretraining=pretraining,
        witness=4,
        matrix=6,
    )
    rows = list(zip(*(data[name] for name in ("start", "inputs", "target", "layers", "seed")), strict=True))
    assert len(rows) == 2 * 2 * 2 + 2
    assert len(set(rows)) == len(rows)
    for i, (start, inputs, target, layers, seed) in enumerate(rows):
        row = {"0.9": 0, "0.999": 1, "0.8": 0}[target]
        code = 1e6 * STARTS.index(start) + 1e5 * seed + 1e4 * (inputs == "raw") + 100 * row + layers
        assert [data[name][i] for name in (*MEASURED, "epochs")] == [code + j / 10 for j in range(len(MEASURED) + 1)]
    for i in range(len(STARTS)):
        assert data["witness"][i] == 1e6 * i + 1e4 + 1e3 + 4  # in float64
        assert data["witnessed"][i] == 1e6 * i + 1e4 + 4
    assert data["steps"] == 7
    assert data["eigenvalues"].shape == (6, 2)
    assert all(options == pretraining[inputs] for _, inputs, *_, options in asked)
    depth = [sum(layers) * (2 - (start == "orthogonal")) for start, _, layers, *_ in asked]
    assert depth == sorted(depth, reverse=True)  # the longest first
    assert {layers for start, _, layers, *_ in asked if start == "pretrained"} == {
        (3, 9),
        (4,),
    }  # one stack for all depths
    assert {layers for start, _, layers, *_ in asked if start == "orthogonal"} == {(3,), (5,), (4,)}


def test_races_of_fig5_are_named_by_inputs_and_start(monkeypatch):
    asked = {}

    def fake(*, inputs, start, rates, long, **others):
        asked[inputs, start] = {"rates": rates, "long": long, **others}
        return {"loss": np.array([f"{inputs} {start}"])}

    monkeypatch.setattr(fig5, "race", fake)
    monkeypatch.setattr(fig5, "sweep", at_once)
    parameters = fig5.QUICK | {
        "long": 4990,
        "every": 10,
        "random_rates": (1.0,),
        "pretrained_rates": (2.0, 3.0),
        "draws": 3,
    }
    data = fig5.compute(**parameters)
    for inputs in ("raw", "centred"):
        for start, rates in (("random", (1.0,)), ("pretrained", (2.0, 3.0))):
            assert data[f"{inputs}_{start}_loss"] == f"{inputs} {start}"
            assert asked[inputs, start]["rates"] == rates
            assert asked[inputs, start]["long"] == {"raw": 4990, "centred": 1660}[inputs]
            for name in ("data", "hidden", "std", "epochs", "left", "common", "share", "steps", "every", "rng"):
                assert asked[inputs, start][name] == parameters[name]
    assert data["random"].shape == (2, 3)


def test_scores_of_fig5_are_those_of_their_inputs(monkeypatch):
    from deeplinear.data import digits
    from deeplinear.initial.consistency import consistency

    monkeypatch.setattr(fig5, "sweep", lambda work, jobs, workers: [{} for _ in jobs])
    data = fig5.compute(**fig5.QUICK | {"draws": 2})
    for row, inputs in enumerate(("raw", "centred")):
        known = consistency(digits(inputs=inputs), draws=2, rng=0)
        assert_array_equal(data["scores"][row], [known.score, known.leading, known.as_given, known.outside])
        assert_array_equal(data["random"][row], known.random)
    raw = consistency(digits(inputs="raw"), draws=2, rng=0)
    assert_array_equal(data["block"], raw.block)
    assert_array_equal(data["cosines"], raw.cosines)


def test_panels_of_fig7_are_at_their_gain_and_variance(monkeypatch):
    def jacobian(*, gain, variance, n, layers, network, number):
        code = 1000 * gain + 10 * variance + 0.1 * network + 0.01 * number
        return {"log_s": np.full(n, code), "q": np.full(layers, code), "log_rms": np.array(code)}

    def sampled(*, gain, variance, n, layers, networks):
        return {"quantiles": np.full((networks, 7), 1000 * gain + 10 * variance), "log_rms": np.full(networks, gain)}

    def predicted(*, gain, variance, depth, log_s):
        assert depth == 5
        assert log_s[0] == 1000 * gain + 10 * variance
        return {"cdf": log_s + 0.5, "law_kept": np.array(1000 * gain + 10 * variance)}

    for name, fake in (("jacobian", jacobian), ("sampled", sampled), ("predicted", predicted), ("sweep", at_once)):
        monkeypatch.setattr(fig7, name, fake)
    monkeypatch.setattr(
        fig7, "gaussian", lambda gain, variance, depth: np.full(3, 100 * gain + variance + 0.001 * depth)
    )
    found = fig7.compute(
        n=4, layers=6, gains=(0.9, 1.1), variances=(0.2, 1.0, 4.0), again=((1.1, 0.2, 3, 7),), narrow=2, networks=3
    )
    wanted = 1000 * np.array([[0.9], [1.1]]) + 10 * np.array([0.2, 1.0, 4.0])
    for name in ("log_s", "q", "narrow_quantiles", "cdf"):
        value = found[name].reshape(2, 3, -1)
        np.testing.assert_allclose(
            value, np.broadcast_to((wanted + 0.5 * (name == "cdf"))[..., None], value.shape), rtol=1e-12
        )
    np.testing.assert_allclose(found["log_rms"], wanted, rtol=1e-12)
    np.testing.assert_allclose(found["law_kept"], wanted, rtol=1e-12)
    np.testing.assert_allclose(found["again_log_s"], [[1102 + 0.37] * 4], rtol=1e-12)
    np.testing.assert_allclose(found["gaussian_quantiles"][:, 0], 110 + np.array([0.2, 1, 4]) + 0.005, rtol=1e-12)
    assert found["narrow_log_rms"].shape == (2, 3, 3)


def test_predictions_of_gains_are_at_their_start_depth_and_gain(monkeypatch):
    monkeypatch.setattr(gains, "sweep", at_once)

    def fake(*, start, depth, gain):
        return {
            "quantiles": np.array([depth + gain + 0.001 * (start == "gaussian")] * 3),
            "distance": np.array([depth]),
        }

    monkeypatch.setattr(gains, "predicted", fake)
    found = gains.foretold((10, 30), (0.8, 1.0, 1.2))
    assert found["quantiles"].shape == (2, 2, 3, 3)
    assert found["quantiles"][1, 0, 2] == pytest.approx([11.201] * 3)
    assert found["quantiles"][0, 1, 0] == pytest.approx([30.8] * 3)
    assert found["distance"].shape == (2, 2, 3, 1)
    assert_array_equal(found["distance"][:, 1], np.full((2, 3, 1), 30))
