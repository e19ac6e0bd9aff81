"""The command line: exit codes, one-line errors, JSON, kept work."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from deeplinear import Task, cli


def run(capsys, *arguments):
    """Exit code, stdout, stderr."""
    with pytest.raises(SystemExit) as left:
        cli.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return left.value.code or 0, out, err


@pytest.fixture
def data_file(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 4)) * [1, 2, 3, 4]
    path = tmp_path / "mine.npz"
    np.savez(path, x=x, y=x @ rng.standard_normal((4, 2)) + 0.1 * rng.standard_normal((60, 2)))
    return path


def assert_one_line(code, out, err, *words):
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("\n")
    for word in words:
        assert word in err


@pytest.mark.parametrize("command", [[], ["reproduce"], ["predict"], ["list"], ["laws"]])
def test_help_shows_an_example(capsys, command):
    code, out, err = run(capsys, *command, "--help")
    assert code == 0
    assert "Example: deeplinear" in out
    assert "bool" not in out
    assert err == ""


@pytest.mark.parametrize("command", [[], ["reproduce"], ["predict"], ["list"], ["laws"]])
def test_help_has_a_short_name_too(capsys, command):
    assert run(capsys, *command, "-h") == run(capsys, *command, "--help")
    assert run(capsys, *command, "-h")[0] == 0


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_that_of_the_project(capsys, option):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert run(capsys, option) == (0, f"deeplinear {project['version']}\n", "")


@pytest.mark.parametrize("spelling", ["centred", "centered"])
def test_both_spellings_of_centred_mean_the_same(capsys, data_file, spelling):
    code, out, err = run(capsys, "predict", data_file, "--inputs", spelling, "--json")
    assert (code, err) == (0, "")
    with np.load(data_file) as arrays:
        x, y = arrays["x"], arrays["y"]
    known = Task.from_data(x - x.mean(axis=0), y, inputs="raw").modes.s
    np.testing.assert_allclose(json.loads(out)["singular_values"], known, rtol=1e-10)
    np.testing.assert_array_equal(Task.from_data(x, y, inputs=spelling).modes.s, json.loads(out)["singular_values"])


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from deeplinear import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass\n"
        "assert not {'jax', 'matplotlib', 'scipy.integrate', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_unknown_figure_command_and_option(capsys, tmp_path):
    assert_one_line(*run(capsys, "reproduce", "fig9", "--out", tmp_path), "fig9", "fig2, fig3, fig4")
    assert_one_line(
        *run(capsys, "reproduce", "--fresh"[:-1]), "reproduce has no option --fres. Did you mean --fresh?", "--out"
    )


SENTENCES = {
    (
        "dance",
    ): "there is no command 'dance'. The commands are reproduce, predict, list and laws; deeplinear --help describes",
    ("predict",): "predict needs FILE: ",
    ("reproduce", "--scale", "huge"): "--scale needs one of quick, paper, got 'huge'. Run deeplinear reproduce --help",
    ("predict", "x.csv", "--depth", "2,5"): "--depth needs a whole number, got '2,5'. Run deeplinear predict --help",
    ("predict", "x.csv", "--rate=a"): "--rate needs a number, got 'a'. Run deeplinear predict --help",
    ("predict", "x.csv", "--depth"): "--depth needs a value, got nothing. Write one after it",
    ("predict", "--simulate=3", "x.csv"): "--simulate takes no value: it is given or left out.",
    (
        "predict",
        "my",
        "file.csv",
    ): "predict takes fewer arguments, got file.csv as well. Put names with spaces in quotes",
    (
        "list",
        "--bad",
    ): "list has no option --bad. Its options are --json and --help; deeplinear list --help describes them",
    ("--bad",): "deeplinear has no option --bad. Its options are --traceback, --version and --help",
}


@pytest.mark.parametrize("arguments", SENTENCES)
def test_wrong_arguments_give_whole_sentences(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert_one_line(code, out, err)
    assert err.startswith(f"deeplinear: {SENTENCES[arguments]}")
    assert err.endswith(".\n")


def test_bad_files_give_one_line(capsys, tmp_path):
    files = {
        "empty.csv": "",
        "header.csv": "a,b\n",
        "text.csv": "a,b,c\n1,2,0\nred,2,1\n",
        "nan.csv": "a,b,c\n1,2,0\nnan,2,1\n",
        "ragged.csv": "a,b,c\n1,2\n",
        "other.txt": "1 2 3\n",
        "broken.npz": "PK not really",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        assert_one_line(*run(capsys, "predict", tmp_path / name), name)
    assert_one_line(*run(capsys, "predict", tmp_path / "gone.npz"), "gone.npz")
    assert_one_line(*run(capsys, "predict", tmp_path), "file")
    np.savez(tmp_path / "nan.npz", x=np.full((5, 2), np.nan), y=np.ones(5))
    assert_one_line(*run(capsys, "predict", tmp_path / "nan.npz"), "missing")
    np.savez(tmp_path / "half.npz", x=np.ones((5, 2)))
    assert_one_line(*run(capsys, "predict", tmp_path / "half.npz"), "inputs and targets")


def test_bad_arguments_give_one_line(capsys, data_file, tmp_path):
    for bad in (
        ("--depth", 0),
        ("--width", 0),
        ("--strength", -1),
        ("--rate", 0),
        ("--out", "x.gif"),
        ("--depth", "a"),
    ):
        assert_one_line(*run(capsys, "predict", data_file, *bad))
    assert_one_line(*run(capsys, "predict", data_file, "--out", tmp_path / "no" / "x.png"))


def test_an_output_folder_that_is_a_file(capsys, data_file):
    assert_one_line(*run(capsys, "reproduce", "fig2", "--out", data_file))


def test_predict_prints_json(capsys, data_file):
    code, out, err = run(capsys, "predict", data_file, "--depth", 3, "--simulate", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["exact"]
    assert found["largest_stable_rate"] == pytest.approx(2 * found["best_rate"])
    assert len(found["half_times"]) == len(found["singular_values"]) == len(found["deviation"]) == 2
    assert (data_file.parent / "mine-modes.png").stat().st_size > 1000


def words(out):
    """The printed lines as one, wherever they were wrapped."""
    return " ".join(out.split())


def test_predict_says_what_modes_that_interact_follow(capsys, data_file, tmp_path, monkeypatch):
    picture = tmp_path / "p.png"
    raw = ("predict", data_file, "--inputs", "raw", "--simulate", "--out", picture)
    code, out, _ = run(capsys, *raw)
    assert code == 0
    assert "modes interact, and the gradient flow of the whole map was integrated" in words(out)
    assert "a mode correlates with other inputs by up to" in words(out)
    assert "approximate" not in out
    assert "discrete law" not in words(out)
    assert picture.exists()
    monkeypatch.setattr("deeplinear.report.predict.AFFORDABLE", 0)
    code, out, _ = run(capsys, *raw)
    assert code == 0
    assert "The prediction is approximate: it treats each mode on its own" in words(out)
    assert "from the approximate theory" in words(out)
    code, out, _ = run(capsys, "predict", data_file, "--out", picture)
    assert code == 0
    assert "approximate" not in out
    assert "The largest stable learning rate is" in words(out)


def test_predict_compares_descent_with_the_law_of_its_steps_and_tells_the_delay_apart(capsys, data_file):
    code, out, _ = run(capsys, "predict", data_file, "--depth", 3, "--simulate")
    found = json.loads(run(capsys, "predict", data_file, "--depth", 3, "--simulate", "--json")[1])
    assert code == 0
    assert max(found["deviation"]) < 1e-10
    assert min(found["step_effect"]) > 0.1
    text = words(out)
    deviation, effect, delay = max(found["deviation"]), max(found["step_effect"]), max(found["delay"])
    assert f"the largest deviation of any mode from the discrete law is {100 * deviation:.0e} % of a target." in text
    assert (
        f"half learned up to {delay:.3g} epochs later than in continuous time. The largest deviation from the continuous-time theory is "
        f"{effect:.1%} of a target." in text
    )
    assert f"over {found['epochs']} epochs" in text
    for i in range(2):
        rows = [line.split() for line in out.splitlines() if line.split()[:1] == [f"{i + 1}"]]
        modes, descent = (rows[0], rows[-1])
        assert modes[-3:] == [f"{found[name][i]:.4g}" for name in ("singular_values", "targets", "half_times")]
        assert descent[1:3] == [f"{found[name][i]:.4g}" for name in ("half_times", "simulated_half_times")]
        assert descent[3] == f"{found['delay'][i]:+.3g}"


def test_predict_says_how_far_descent_was_run(capsys, data_file, monkeypatch):
    from deeplinear.report import predict

    whole = predict.predict
    monkeypatch.setattr(predict, "predict", lambda *given, **options: whole(*given, **options, steps=5))
    code, out, _ = run(capsys, "predict", data_file, "--depth", 3, "--simulate")
    text = words(out)
    assert code == 0
    assert "Gradient descent was run for 5 epochs; learning takes" in text
    assert "2 of 2 modes are not half learned by then and were not compared" in text
    assert "not yet" in text
    assert "nan" not in text
    assert "0.0%" not in text
    assert "from the discrete law" not in text
    code, out, _ = run(capsys, "predict", data_file, "--depth", 3, "--simulate", "--json")
    found = json.loads(out)
    assert not found["complete"]
    assert found["deviation"] == found["delay"] == found["simulated_half_times"] == [None, None]


def test_predict_goes_to_the_end_of_learning_from_tiny_weights(capsys, data_file):
    code, out, _ = run(capsys, "predict", data_file, "--depth", 10, "--strength", 1e-6, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["complete"]
    assert found["horizon"] > max(found["half_times"]) > 20_000
    assert found["largest_sharpness"] == pytest.approx(1 / found["best_rate"], rel=1e-3)
    assert (
        found["largest_sharpness"] >= 1 / found["best_rate"]
    )  # the curvature at the end, where the path stops before it


def test_predict_takes_text_targets_from_csv(capsys, tmp_path):
    rng = np.random.default_rng(1)
    rows = [f"{a:.3f},{b:.3f},{'warm' if a > 0 else 'cold'}" for a, b in rng.standard_normal((40, 2))]
    (tmp_path / "w.csv").write_text("a,b,feel\n" + "\n".join(rows) + "\n")
    code, out, _ = run(capsys, "predict", tmp_path / "w.csv", "--target", "feel", "--json")
    assert code == 0
    assert json.loads(out)["outputs"] == 2


def test_reproduce_resumes_and_prints_json(capsys, tmp_path):
    code, out, err = run(capsys, "reproduce", "fig2", "--out", tmp_path, "--json")
    assert (code, err) == (0, "")
    first = json.loads(out)
    assert first["passed"]
    assert not first["figures"]["fig2"]["reused"]
    code, out, _ = run(capsys, "reproduce", "fig2", "--out", tmp_path)
    assert code == 0
    assert "found finished" in out
    assert "--fresh" in out


def test_a_failed_claim_gives_exit_code_1(capsys, tmp_path, monkeypatch):
    from deeplinear.figures import Claim, fig2

    monkeypatch.setattr(fig2, "compute", lambda **parameters: {"x": np.zeros(1)})
    monkeypatch.setattr(fig2, "claims", lambda data: [Claim("two is three", "3", "2", False)])
    monkeypatch.setattr(fig2, "draw", lambda data, figure: None)
    code, out, _ = run(capsys, "reproduce", "fig2", "--out", tmp_path)
    assert code == 1
    assert "0 of 1 claims hold" in out


def test_ctrl_c_leaves_one_line_and_130(capsys, tmp_path, monkeypatch):
    from deeplinear.figures import fig2

    def interrupted(**parameters):
        raise KeyboardInterrupt

    monkeypatch.setattr(fig2, "compute", interrupted)
    code, _, err = run(capsys, "reproduce", "fig2", "--out", tmp_path)
    assert code == 130
    first, last = err.splitlines()
    assert first == "fig2 (1 of 1)"
    assert "interrupted" in last


def test_list(capsys):
    code, out, _ = run(capsys, "list", "--json")
    lists = json.loads(out)
    assert code == 0
    assert set(lists) == {"figures", "data sets", "initial conditions", "activations", "laws"}
    assert {"fig2", "fig3", "fig4"} <= set(lists["figures"])
    assert {"hierarchy", "digits", "mnist"} <= set(lists["data sets"])
    assert {"decoupled", "orthogonal", "gaussian"} <= set(lists["initial conditions"])
    assert {"tanh", "relu", "hard_tanh"} <= set(lists["activations"])
    assert any("sigmoid" in name for name in lists["laws"])
    assert all(line for entries in lists.values() for line in entries.values())
    assert run(capsys, "list")[0] == 0


def test_ctrl_c_is_not_lost_in_a_callback_that_cannot_raise():
    code = (
        "import signal, sys, time, types; from deeplinear.cli import run\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored below nohup and in the background
        "try:\n    run.not_lost(types.SimpleNamespace(exc_type=KeyboardInterrupt)); time.sleep(5)\n"
        "except KeyboardInterrupt: sys.exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7


def test_laws(capsys):
    code, out, _ = run(capsys, "laws", "--json")
    found = json.loads(out)
    assert code == 0
    assert {need for law in found["laws"] for need in law["needs"]} <= set(found["conditions"])
    assert all(law["source"] and law["depths"] for law in found["laws"])
    code, out, _ = run(capsys, "laws")
    assert "needs: white inputs, decoupled, balanced" in out
    assert "λ-balanced" in out
