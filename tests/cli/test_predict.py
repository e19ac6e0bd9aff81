"""What ``predict`` prints stands beside its name: a swap of two columns, fields or options is seen."""

import importlib
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.cli.test_cli import run

from deeplinear import Task, descend, initial
from deeplinear.data import from_file
from deeplinear.exact.refusal import expected_error
from deeplinear.report.modes_table import descent_table, modes_table, percent
from deeplinear.report.predict import predict
from deeplinear.report.prediction_text import print_prediction


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
        "strength": 0.01,
        "initial_strength": found.initial_strength,
        "first_step": found.first_step,
        "rate": found.rate,
        "best_rate": found.best_rate,
        "largest_stable_rate": found.stable_rate,
        "largest_sharpness": max(found.path.sharpness.max(), 1 / found.best_rate),
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
    assert record["initial_strength"] == pytest.approx(0.01 * found.targets[0], rel=1e-12)
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


def cells(table):
    """Cells of a table by header, line breaks as spaces."""
    return {
        " ".join(str(column.header).split()): [" ".join(str(cell).split()) for cell in column.cells]
        for column in table.columns
    }


def four(values):
    return [f"{value:.4g}" for value in values]


def test_columns_of_the_tables_are_what_their_headers_say(found):
    assert cells(modes_table(found)) == {
        "mode": ["1", "2", "3"],
        "features → targets": [str(name) for name in found.task.mode_names],
        "singular value": four(found.singular_values),
        "target": four(found.targets),
        "half learned at epoch": four(found.half_times),
    }
    assert cells(descent_table(found)) == {
        "mode": ["1", "2", "3"],
        "half learned: theory": four(found.half_times),
        "descent": four(found.run.half_times[:3]),
        "delay": [f"{value:+.3g}" for value in found.delays],
        "deviation from discrete law": [percent(value) for value in found.deviations],
    }
    assert four(found.half_times) != four(found.run.half_times[:3])


def test_columns_of_raw_inputs_tell_singular_values_from_targets(example):
    raw = predict(Task.from_data(*example, inputs="raw"), depth=2)
    columns = cells(modes_table(raw))
    assert columns["singular value"] == four(raw.singular_values) != columns["target"] == four(raw.targets)
    assert columns["half learned at epoch"] == four(raw.half_times)


def test_an_approximate_time_is_called_about(example):
    approximate = predict(Task.from_data(*example), width=2)
    assert cells(modes_table(approximate))["half learned at epoch, about"] == four(approximate.half_times)
    record = approximate.record()
    assert (record["exact"], record["expected_error"]) == (False, expected_error(approximate.task))
    assert predict(Task.from_modes([2.0, 1.0])).record()["expected_error"] == 0.0


def test_tables_fit_a_terminal_of_80_columns(found, capsys, tmp_path):
    """Of 26 columns and long names too; a name that does not fit on a line breaks before its targets."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((90, 26))
    y = x @ rng.standard_normal((26, 23)) * np.geomspace(1e6, 1e4, 23)
    names = [f"a rather long name of the feature {i}" for i in range(26)]
    many = predict(Task.from_data(x, y, inputs="white", feature_names=names), simulate=True, width=30, strength=0.01)
    for each in (found, many):
        print_prediction(each, tmp_path / "p.png")
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines[1:-1])) <= 80
        broken = [name for name in cells(modes_table(each))["features → targets"] if len(name) > 40]
        assert all(any(line.strip().startswith("→") for line in lines) for _ in broken[:1])
    assert sum(line.strip().startswith("→") for line in lines) == 20
    assert "The table leaves out 3 weaker modes" in "".join(lines)


@pytest.mark.parametrize("columns", [30, 40, 60])
def test_numbers_are_whole_in_a_narrow_terminal(found, capsys, tmp_path, monkeypatch, columns):
    """Neither wrapped nor cut: a part of a number is another number."""
    monkeypatch.setenv("COLUMNS", str(columns))
    print_prediction(found, tmp_path / "p.png")
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines]
    for i in range(3):
        mode = [f"{i + 1}", f"{found.singular_values[i]:.4g}", f"{found.targets[i]:.4g}", f"{found.half_times[i]:.4g}"]
        assert mode in [[row[0], *row[-3:]] for row in rows if len(row) >= 4]
        descended = [mode[0], mode[3], f"{found.run.half_times[i]:.4g}", f"{found.delays[i]:+.3g}"]
        assert [*descended, *percent(found.deviations[i]).split()] in rows
    text = " ".join(" ".join(lines).split())
    assert all(str(name) in text for name in found.task.mode_names) or columns == 60
    if columns == 40:
        assert max(map(len, lines[1:-1])) <= 40
        assert f"mode 1: {found.task.mode_names[0]}" in text
    assert "…" not in text


def test_a_task_without_names_has_a_table_without_them(capsys, tmp_path):
    found = predict(Task.from_modes([3.0, 1.0]))
    assert list(cells(modes_table(found))) == ["mode", "singular value", "target", "half learned at epoch"]
    assert "A name lists" not in printed(found, capsys, tmp_path)
    assert [mode["name"] for mode in found.record()["modes"]] == [None, None]


def test_lines_about_a_prediction_are_what_they_say(found, capsys, tmp_path):
    print_prediction(found, tmp_path / "p.png")
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith(f"{found.task.description} network: depth 5, 4 inputs, 3 outputs singular")
    assert 'the correlation is negative for those after "less".' in out
    rates = re.search(
        r"Learning rate (\S+): the default is 1/λ = (\S+), where .* largest stable learning rate is 2/λ = (\S+)\. ", out
    ).groups()
    assert rates == tuple(f"{rate:.4g}" for rate in (found.rate, found.best_rate, found.stable_rate))
    assert f"{200 * found.task.floor / found.task.output_power:.1f}% of the squared targets remain as loss" in out
    assert "--simulate runs gradient descent itself" not in out  # it was run
    assert f"over {found.run.times[-1]:.0f} epochs" in out
    assert f"{percent(found.deviations.max())} of a target" in out
    assert str(tmp_path / "p.png") in out or "p.png" in out


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_the_first_step_is_that_of_gradient_descent(task, depth, capsys, tmp_path):
    found = predict(task, depth=depth, width=7)
    weights = initial.decoupled(task, [4, *[7] * (depth - 1), 3], strength=found.initial_strength, rng=0)
    around = [found.first_step - 1, found.first_step]
    before, after = descend(task, weights, rate=found.rate, steps=around[1], record=around).strengths[-2:, 0]
    assert before < found.targets[0] / 2 <= after
    assert found.record()["first_step"] == found.first_step
    print_prediction(found, tmp_path / "p.png")
    out = " ".join(capsys.readouterr().out.split())
    assert (
        f"half of the first mode is learned after step {found.first_step}. --simulate runs gradient descent itself."
        in out
    )
    assert f"Learning rate {found.rate:.4g}: the default, 1/λ, where λ is" in out
    assert f"The largest stable learning rate is 2/λ = {found.stable_rate:.4g}." in out


def test_no_first_step_where_modes_interact_or_it_comes_late(example, task):
    assert predict(Task.from_data(*example, inputs="raw")).first_step is None
    assert predict(task, rate=1e-9).first_step is None


def test_a_rate_at_which_descent_diverges_is_refused_with_the_rates_that_are_not(task):
    best = predict(task).best_rate
    with pytest.raises(
        ValueError, match=rf"rate <= {2 * best:.4g} with simulate=True, got rate={30 * best:.4g}.*; {best:.4g} is the"
    ):
        predict(task, rate=30 * best, simulate=True)


def test_loss_that_stays_is_told_only_where_there_is_some(capsys, tmp_path):
    print_prediction(predict(Task.from_modes([2.0, 1.0])), tmp_path / "p.png")
    assert "remain as loss" not in capsys.readouterr().out


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
    assert re.search(r"^  20  ", out, re.MULTILINE)
    assert not re.search(r"^  21  ", out, re.MULTILINE)
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
        assert (
            "Unstable: the learning rate is above" in printed(predict(task, rate=rate), capsys, tmp_path)
        ) == unstable


def test_an_approximate_result_says_how_wrong_it_may_be(example, capsys, tmp_path):
    """The error that is printed is that of the strengths at the end, and the correlation that of the modes."""
    raw = Task.from_data(*example)
    text = printed(predict(raw, width=2), capsys, tmp_path)
    off = np.abs(raw.targets - raw.modes.s / raw.mode_powers).max() / raw.targets.max()
    assert f"may end off by {percent(off)} of the largest target" in text
    assert f"a mode correlates with other inputs by up to {raw.misalignment:.3g}, where 0 is aligned" in text


def test_a_mode_that_is_not_learned_in_time_is_later(found):
    unfinished = replace(found, run=None, half_times=np.where(np.arange(3) == 2, np.nan, found.half_times))
    assert cells(modes_table(unfinished))["half learned at epoch"][1:] == [f"{found.half_times[1]:.4g}", "later"]
    assert cells(descent_table(replace(unfinished, run=found.run)))["half learned: theory"][2] == "later"


def test_learning_takes_more_than_a_theory_that_is_cut_off(task, capsys, tmp_path):
    begun = predict(task, depth=5, simulate=True, steps=3)
    assert begun.theory_complete
    assert "learning takes more than" not in printed(begun, capsys, tmp_path)
    cut = replace(begun, half_times=np.full(3, np.nan), targets=begun.targets * 10)
    assert not cut.theory_complete
    assert "learning takes more than" in printed(cut, capsys, tmp_path)


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_the_first_mode_takes_as_long_on_any_data_and_predict_says_so(depth, capsys, tmp_path):
    """At the best rate, 1/Λ₁, the first mode's equation has no scale left: only depth and strength set its time."""
    said = "the first mode is half learned at epoch {:.4g} whatever the data"
    one, two = (predict(Task.from_modes(s), depth=depth) for s in ([4.0, 1.0], [900.0, 70.0, 3.0]))
    np.testing.assert_allclose(one.half_times[0], two.half_times[0], rtol=1e-9)
    assert said.format(two.half_times[0]) in printed(one, capsys, tmp_path)
    other = predict(Task.from_modes([4.0, 1.0]), depth=depth, rate=0.9 * one.best_rate)
    assert "whatever the data" not in printed(other, capsys, tmp_path)


def test_modes_of_different_input_powers_are_not_said_to_take_as_long_on_any_data(capsys, tmp_path):
    """Aligned, but the best rate is that of the mode whose power is largest: the first one takes longer on other data."""
    one, two = (predict(Task.from_correlations(np.diag([1.0, d]), np.diag([3.0, 2.0])), depth=1) for d in (4.0, 9.0))
    assert one.half_times[0] < 0.5 * two.half_times[0]
    assert "whatever the data" not in printed(one, capsys, tmp_path)


def test_inputs_that_are_not_white_are_not_said_to_take_as_long_on_any_data(example, capsys, tmp_path):
    assert "whatever the data" not in printed(predict(Task.from_data(*example, inputs="centred")), capsys, tmp_path)


def species_file(folder):
    """A table with two classes that two of its three features tell apart, one of them the other way round."""
    rng = np.random.default_rng(3)
    kinds = ["ant"] * 20 + ["bee"] * 20
    wings = np.where(np.arange(40) < 20, -1.0, 1.0) + 0.1 * rng.standard_normal(40)
    legs, age = -wings + 0.15 * rng.standard_normal(40), rng.standard_normal(40)
    rows = [f"{a:.4f},{b:.4f},{c:.4f},{kind}" for a, b, c, kind in zip(wings, legs, age, kinds, strict=True)]
    path = folder / "insects.csv"
    path.write_text("wings,legs,age,kind\n" + "\n".join(rows) + "\n")
    return path


def test_json_tells_how_the_data_were_understood_and_what_each_mode_is(capsys, tmp_path):
    code, out, _ = run(capsys, "predict", species_file(tmp_path), "--json")
    found = json.loads(out)
    assert code == 0
    assert found["description"].startswith("40 examples; features wings, legs, age; ")
    assert "2 classes (ant, bee)" in found["description"]
    assert found["features"] == ["wings", "legs", "age"]
    assert found["target_names"] == found["classes"] == ["ant", "bee"]
    assert isinstance(found["notes"], list)
    (mode,) = found["modes"]
    assert mode["mode"] == 1
    assert mode["name"] == "wings, less legs → bee against ant"
    assert [each["name"] for each in mode["features"]] == ["wings", "legs"]
    assert mode["features"][0]["loading"] > 0.99 > -0.9 > mode["features"][1]["loading"]
    assert {each["name"]: round(each["weight"], 6) for each in mode["targets"]} == {"bee": 0.707107, "ant": -0.707107}
    assert (mode["more_features"], mode["mixed_with"]) == (0, [])
    assert mode["singular_value"] == found["singular_values"][0]
    assert mode["target"] == found["targets"][0]
    assert mode["half_time"] == found["half_times"][0]
    text = run(capsys, "predict", species_file(tmp_path))[1].splitlines()
    assert text[0] == found["description"]
    assert re.search(r"^ +1  wings, less legs → bee against ant +\S+ +\S+ +6.907$", "\n".join(text), re.MULTILINE)


def test_modes_of_json_are_those_of_the_arrays(found):
    modes = found.record()["modes"]
    assert [mode["mode"] for mode in modes] == [1, 2, 3]
    assert [mode["name"] for mode in modes] == [str(name) for name in found.task.mode_names]
    for name, values in (
        ("singular_value", found.singular_values),
        ("target", found.targets),
        ("half_time", found.half_times),
    ):
        assert [mode[name] for mode in modes] == values.tolist()


@pytest.mark.parametrize("strength", [0, 1, 2, -1, "nan", "inf"])
def test_a_strength_that_is_no_share_is_refused(strength, capsys, file):
    code, out, err = run(capsys, "predict", file, "--strength", strength)
    assert (code, out) == (2, "")
    assert f"predict needs 0 < strength < 1, got strength={float(strength)!r}" in err


@pytest.mark.parametrize("rate", [0, -1, "nan", "inf"])
def test_a_rate_that_learns_nothing_is_refused(rate, capsys, file):
    code, out, err = run(capsys, "predict", file, "--rate", rate)
    assert (code, out) == (2, "")
    assert f"got rate={float(rate)!r}: only a positive rate learns" in err


def test_a_picture_that_cannot_be_written_is_refused_before_anything_is_computed(capsys, file, monkeypatch, tmp_path):
    from deeplinear import data

    monkeypatch.setattr(data, "from_file", lambda *_, **__: pytest.fail("the file was read"))
    missing, folder = tmp_path / "no" / "such", tmp_path / "folder.png"
    folder.mkdir()
    for out, words in (
        (missing / "x.png", f"there is no folder '{missing}'"),
        (folder, f"got '{folder}': it is a folder"),
        (tmp_path / "x.gif", "needs --out to end in .png, .svg or .pdf, got x.gif"),
    ):
        code, text, err = run(capsys, "predict", file, "--out", out)
        assert (code, text, err.count("\n")) == (2, "", 1)
        assert words in err


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    """The flowers of README.md, in a folder of their own."""
    from sklearn.datasets import load_iris

    flowers, folder = load_iris(), tmp_path_factory.mktemp("flowers")
    names = [*(name.removesuffix(" (cm)") for name in flowers.feature_names), "species"]
    rows = [
        [*map(str, row), flowers.target_names[kind]] for row, kind in zip(flowers.data, flowers.target, strict=True)
    ]
    (folder / "iris.csv").write_text("\n".join(",".join(row) for row in [names, *rows]) + "\n")
    return folder


def your_data():
    """The section of README.md, and its commands with the block of output that follows each."""
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    section = text.split("## Your data\n")[1].split("\n## ")[0]
    return section, re.findall(r"```sh\n(deeplinear predict .*?)\n```\n\n```text\n(.*?)\n```", section, re.DOTALL)


def test_readme_shows_what_predict_prints(capsys, iris, monkeypatch):
    monkeypatch.chdir(iris)
    monkeypatch.setenv("COLUMNS", "80")
    section, shown = your_data()
    assert len(shown) == section.count("```sh") >= 1
    for command, output in shown:
        code, out, err = run(capsys, *shlex.split(command)[1:])
        assert (code, err) == (0, "")
        assert [line.rstrip() for line in out.splitlines()] == output.splitlines()
    assert (iris / "iris-modes.png").exists()


def test_what_readme_says_of_the_flowers_holds(capsys, iris, monkeypatch):
    monkeypatch.chdir(iris)
    section, _ = your_data()
    found = json.loads(run(capsys, "predict", "iris.csv", "--json")[1])
    named = re.search(r"`--json` prints\s(.*?)\sand all other numbers", section, re.DOTALL).group(1)
    assert set(re.findall(r"`(\w+)`", named)) == {"description", "features", "classes", "modes"} <= set(found)
    task = from_file("iris.csv")
    for name in set(re.findall(r"`task\.(\w+)`", section)):
        assert getattr(task, name) is not None
    assert [mode["name"] for mode in found["modes"]] == [str(name) for name in task.mode_names]
    petals, sepals = [dict(zip(task.feature_names, task.loadings[:, i], strict=True)) for i in range(2)]
    setosa, versicolor = task.modes.u[0, 0], task.modes.u[1, 1]
    assert max(np.sign(setosa) * petals[name] for name in ("petal length", "petal width")) < -0.9  # small petals
    assert np.sign(versicolor) * sepals["sepal width"] < -0.7  # narrow sepals
    options = set(re.findall(r"`(--[a-z]+)", section))
    help_text = run(capsys, "predict", "--help")[1]
    assert len(options) >= 7
    assert all(option in help_text for option in options)
