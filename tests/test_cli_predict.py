"""What ``predict`` prints stands beside its name: a swap of two columns, fields or options is seen."""

import importlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from tests.test_cli import run

from deeplinear import Task
from deeplinear.report.predict import predict
from deeplinear.report.prediction_text import percent, print_prediction


@pytest.fixture(scope="module")
def example():
    """Examples whose white inputs leave three modes of different strength."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 4)) * [1, 2, 3, 4]
    y = x @ rng.standard_normal((4, 3)) * [3.0, 1.0, 0.3] + 0.1 * rng.standard_normal((50, 3))
    return x, y


@pytest.fixture(scope="module")
def file(example, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "mine.npz"
    np.savez(path, x=example[0], y=example[1])
    return path


@pytest.fixture(scope="module")
def task(example):
    return Task.from_data(*example, inputs="white")


OPTIONS = {"depth": 5, "width": 7, "strength": 0.01}


@pytest.fixture(scope="module")
def found(task):
    """A run at a third of the best rate, so that no two rates are the same."""
    best = predict(task, **OPTIONS).best_rate
    return predict(task, **OPTIONS, rate=best / 3, simulate=True)


def test_json_fields_of_a_prediction_are_what_they_are_called(found):
    record, k = found.record(), len(found.targets)
    known = {
        "inputs": 4,
        "outputs": 3,
        "depth": 5,
        "width": 7,
        "strength": found.strength,
        "rate": found.rate,
        "best_rate": found.best_rate,
        "largest_stable_rate": found.stable_rate,
        "largest_sharpness": found.path.sharpness.max(),
        "singular_values": found.singular_values.tolist(),
        "targets": found.targets.tolist(),
        "half_times": found.half_times.tolist(),
        "epochs": found.run.times[-1],
        "simulated_half_times": found.run.half_times[:k].tolist(),
        "deviation": found.deviations.tolist(),
        "delay": found.delays.tolist(),
        "step_effect": found.step_effects.tolist(),
        "diagonality": found.task.diagonality,
        "exact": True,
        "unstable_from": None,
    }
    assert {name: record[name] for name in known} == known
    assert record["horizon"] == found.theory.times[-1]
    assert len({json.dumps(value, default=float) for value in known.values()}) == len(known)  # a swap would show


def test_fields_of_raw_inputs_and_of_rates_beyond_the_edge(example):
    raw = predict(Task.from_data(*example, inputs="raw"), **OPTIONS)
    record = raw.record()
    assert record["targets"] == raw.targets.tolist() != record["singular_values"]
    assert record["singular_values"] == raw.task.modes.s.tolist()
    assert record["diagonality"] == raw.task.diagonality > 1e-3
    assert record["exact"] is raw.exact
    assert record["largest_sharpness"] is None
    white = Task.from_data(*example, inputs="white")
    rate = 1.3 * predict(white, **OPTIONS).stable_rate
    beyond = predict(white, **OPTIONS, rate=rate)
    assert beyond.record()["unstable_from"] == beyond.path.unstable_from > 0


def rows(text, first):
    """Lines of a table whose first header is ``first``, as cells between two or more spaces or single ones."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.split()[:1] == [first])
    return lines[start], [line.split() for line in lines[start + 1 :]]


def test_columns_of_the_table_are_what_their_headers_say(found, capsys, tmp_path):
    print_prediction(found, tmp_path / "p.png")
    header, table = rows(capsys.readouterr().out, "mode")
    columns = {
        "mode": [f"{i + 1}" for i in range(3)],
        "singular value": [f"{value:.4g}" for value in found.singular_values],
        "target": [f"{value:.4g}" for value in found.targets],
        "half learned at epoch": [f"{value:.4g}" for value in found.half_times],
        "descent": [f"{value:.4g}" for value in found.run.half_times[:3]],
        "delay": [f"{value:+.3g}" for value in found.delays],
        "deviation": [percent(value) for value in found.deviations],
    }
    assert re.split(r"\s{2,}", header.strip()) == list(columns)
    for i in range(3):
        assert table[i] == " ".join(cells[i] for cells in columns.values()).split()
    assert columns["half learned at epoch"] != columns["descent"]


def test_columns_of_raw_inputs_tell_singular_values_from_targets(example, capsys, tmp_path):
    raw = predict(Task.from_data(*example, inputs="raw"), depth=2)
    print_prediction(raw, tmp_path / "p.png")
    _, table = rows(capsys.readouterr().out, "mode")
    for i in range(3):
        assert table[i] == [str(i + 1), *(f"{v[i]:.4g}" for v in (raw.singular_values, raw.targets, raw.half_times))]


def test_lines_about_a_prediction_are_what_they_say(found, capsys, tmp_path):
    print_prediction(found, tmp_path / "p.png")
    out = " ".join(capsys.readouterr().out.split())
    assert "50 examples, 4 inputs, 3 outputs, depth 5" in out
    rates = re.search(r"best rate (\S+), largest stable rate (\S+), used (\S+)", out).groups()
    assert rates == tuple(f"{rate:.4g}" for rate in (found.best_rate, found.stable_rate, found.rate))
    assert f"{found.path.sharpness.max():.4g}" in out
    assert f"{found.path.limit:.4g}" in out
    assert f"over {found.run.times[-1]:.0f} epochs" in out
    assert f"{percent(found.deviations.max())} of a target" in out
    assert str(tmp_path / "p.png") in out or "p.png" in out


@pytest.mark.parametrize(("depth", "word"), [(1, "earlier"), (3, "later")])
def test_descent_is_said_to_be_late_where_it_is(task, depth, word, capsys, tmp_path):
    """Steps of one layer are ahead of the flow, those of several layers start slowly."""
    found = predict(task, depth=depth, simulate=True, width=7)
    worst = found.delays[np.argmax(np.abs(found.delays))]
    assert (worst > 0) == (word == "later")
    print_prediction(found, tmp_path / "p.png")
    assert f"half learned up to {abs(worst):.3g} epochs {word} than" in " ".join(capsys.readouterr().out.split())


def test_what_is_left_out_of_the_table_is_counted(capsys, tmp_path):
    print_prediction(predict(Task.from_modes(np.linspace(3, 1, 23)), width=25), tmp_path / "p.png")
    out = capsys.readouterr().out
    assert "3 weaker modes" in out
    _, table = rows(out, "mode")
    assert table[19][0] == "20"
    print_prediction(predict(Task.from_modes(np.linspace(3, 1, 5)), width=2), tmp_path / "p.png")
    assert "3 weaker modes do not fit through a width of 2" in capsys.readouterr().out


def test_options_of_predict_reach_the_prediction(capsys, file, monkeypatch, tmp_path):
    from deeplinear import data

    room = importlib.import_module("deeplinear.report.predict")

    asked, source = [], data.from_file
    monkeypatch.setattr(
        data, "from_file", lambda path, **options: asked.append((path, options)) or source(path, **options)
    )
    monkeypatch.setattr(room, "predict", lambda task, **options: asked.append(options) or predict(task, depth=2))
    picture = tmp_path / "x.png"
    arguments = ("--depth", 4, "--width", 9, "--strength", 0.02, "--rate", 0.5, "--inputs", "centred", "--out", picture)
    code, out, _ = run(capsys, "predict", file, *arguments, "--simulate", "--json")
    assert code == 0
    assert json.loads(out)["picture"] == str(picture)
    assert json.loads(out)["examples"] == 50
    (path, of_file), options = asked
    assert (path, of_file["inputs"], of_file["target"]) == (file, "centred", None)
    wanted = {"depth": 4, "width": 9, "strength": 0.02, "rate": 0.5, "simulate": True}
    assert {name: options[name] for name in wanted} == wanted
    assert picture.exists()


def test_defaults_of_predict(capsys, file, monkeypatch):
    room = importlib.import_module("deeplinear.report.predict")

    asked = []
    monkeypatch.setattr(
        room, "predict", lambda task, **options: asked.append((task, options)) or predict(task, depth=2)
    )
    code, out, _ = run(capsys, "predict", file, "--json")
    assert code == 0
    task, options = asked[0]
    wanted = {"depth": 2, "width": 100, "strength": 1e-3, "rate": None, "simulate": False}
    assert {name: options[name] for name in wanted} == wanted
    assert task.anisotropy < 1e-9  # white
    assert json.loads(out)["picture"] == str(file.with_name("mine-modes.png"))


def printed(found, capsys, tmp_path):
    print_prediction(found, tmp_path / "modes.png")
    return " ".join(capsys.readouterr().out.split())


def test_a_rate_beyond_the_stable_one_is_called_unstable(task, capsys, tmp_path):
    stable = predict(task).stable_rate
    for rate, unstable in ((0.99 * stable, False), (1.01 * stable, True)):
        assert ("unstable: the rate is above" in printed(predict(task, rate=rate), capsys, tmp_path)) == unstable


def test_an_approximate_result_says_how_wrong_it_may_be(example, capsys, tmp_path):
    """The error that is printed is that of the strengths at the end, and the correlation that of the modes."""
    raw = Task.from_data(*example)
    text = printed(predict(raw, width=2), capsys, tmp_path)
    off = np.abs(raw.targets - raw.modes.s / raw.mode_powers).max() / raw.targets.max()
    assert f"may end off by {percent(off)} of the largest target" in text
    assert f"correlation of a mode with other inputs up to {raw.misalignment:.3g}" in text


def test_a_mode_that_is_not_learned_in_time_is_later(found, capsys, tmp_path):
    unfinished = replace(found, run=None, half_times=np.where(np.arange(3) == 2, np.nan, found.half_times))
    print_prediction(unfinished, tmp_path / "modes.png")
    (row,) = re.findall(r"^ *3 .*$", capsys.readouterr().out, re.MULTILINE)
    assert row.split()[-1] == "later"


def test_learning_takes_more_than_a_theory_that_is_cut_off(task, capsys, tmp_path):
    begun = predict(task, depth=5, simulate=True, steps=3)
    assert begun.theory_complete
    assert "learning takes more than" not in printed(begun, capsys, tmp_path)
    cut = replace(begun, half_times=np.full(3, np.nan), targets=begun.targets * 10)
    assert not cut.theory_complete
    assert "learning takes more than" in printed(cut, capsys, tmp_path)
