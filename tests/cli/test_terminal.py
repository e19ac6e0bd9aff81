"""Terminals of few characters, closed pipes, optimised Python, and Ctrl-C while modules load."""

import ast
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.cli.test_reproduce import figures

import deeplinear
from deeplinear import cli


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_every_command_prints_in_any_encoding(monkeypatch, tmp_path, encoding):
    figures(monkeypatch, fig2=[True], fig8=[False])
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "größe.npz", x=rng.standard_normal((20, 3)), y=rng.standard_normal((20, 2)))
    reproduce = ("reproduce", "fig2", "fig8", "--out", str(tmp_path / "Σ"))
    printed = {}
    for number, arguments in enumerate(
        (
            ("list",),
            ("laws",),
            ("predict", "--help"),
            ("predict", str(tmp_path / "größe.npz")),
            reproduce,
            (*reproduce, "--json"),
        )
    ):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(SystemExit) as left:
            cli.main(list(arguments))
        assert (left.value.code or 0) == (number >= 4), arguments  # a claim of fig8 fails
        assert stream.errors == "strict"  # as it was
        stream.flush()
        printed[number] = stream.buffer.getvalue().decode(encoding)
    assert "Sigma" in printed[1]
    assert "lambda" in printed[1]
    assert "1/2 Sigma" in printed[2] or "½ Sigma" in printed[2]
    rows = [line.split() for line in printed[4].splitlines()]
    assert [row[0] for row in rows if row[1:3] in (["fig2", "claim"], ["fig8", "claim"])] == ["ok", "failed"]
    assert printed[5].isascii()
    assert json.loads(printed[5])["out"] == str(tmp_path / "Σ")


@pytest.mark.parametrize(("command", "columns"), [("list", 40), ("laws", 40), ("list", 100), ("laws", 100)])
def test_lists_fit_the_terminal_and_lose_nothing(capsys, monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    texts = []
    for options in ((), ("--json",)):
        with pytest.raises(SystemExit):
            cli.main([command, *options])
        texts.append(capsys.readouterr().out)
    lines, found = texts[0].splitlines(), json.loads(texts[1])
    assert max(map(len, lines)) <= columns
    shown = "".join(texts[0].split())
    entries = {}
    for group in found.values() if command == "list" else [found["conditions"]]:
        entries |= group
    laws = [] if command == "list" else [each[key] for each in found["laws"] for key in ("name", "source")]
    for text in [*laws, *(entries if columns == 40 else ()), *(entries.values() if columns == 40 else ())]:
        assert "".join(text.split()) in shown


def test_columns_are_aligned_where_characters_are_replaced(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main(["laws"])
    stream.flush()
    lines = stream.buffer.getvalue().decode("ascii").split("Conditions")[-1].splitlines()
    (plain,) = [line for line in lines if line.startswith("  balanced  ")]
    (greek,) = [line for line in lines if line.startswith("  lambda-balanced  ")]
    assert plain.index("decoupled, and all") == greek.index("W_2^TW_2 - W_1W_1^T = lambdaI, any lambda")


def test_no_text_file_depends_on_the_locale():
    """Every file that the package opens as text is opened in UTF-8."""
    for path in Path(deeplinear.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                words = [word.value for word in node.args[:2] if isinstance(word, ast.Constant)]
                binary = any(isinstance(word, str) and "b" in word for word in words) or (
                    name == "open" and any(word in ast.dump(node.func) for word in ("'os'", "'archive'", "'gzip'"))
                )
                if name in ("read_text", "write_text", "open") and not binary:
                    assert any(key.arg == "encoding" for key in node.keywords), f"{path}, line {node.lineno}"


def command(*arguments, **more):
    environment = os.environ | more
    code = "from deeplinear.cli import main; main()"
    return [sys.executable, "-c", code, *arguments], environment


def test_descriptions_in_optimised_python_and_an_old_locale():
    """Docstrings are gone, and standard output is ASCII."""
    old = {"PYTHONOPTIMIZE": "2", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    found = [
        subprocess.run(arguments, env=environment, capture_output=True, check=True).stdout
        for arguments, environment in (command("list", "--json"), command("list", "--json", **old))
    ]
    assert found[0] == found[1]
    assert all(line for entries in json.loads(found[0]).values() for line in entries.values())


def test_a_closed_pipe_is_no_error():
    arguments, environment = command("laws")
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reading:
        reading.stdout.close()
        assert reading.stderr.read() == b""
    assert reading.returncode == 141


def test_ctrl_c_while_modules_load_is_one_line():
    """At several moments, from as early as Python listens: it answers itself until it has started, in about 0.05 s."""
    for moment in (0.02, 0.1, 0.4):
        code = (
            "import os, signal, sys, threading, time\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored below nohup and in the background
            "from deeplinear.cli import main\n"
            f"threading.Timer({moment}, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
            "main(['reproduce', 'fig2', 'fig3', 'fig4', '--out', sys.argv[1]])"
        )
        found = subprocess.run([sys.executable, "-c", code, "/dev/null/nowhere"], capture_output=True, text=True)
        if found.returncode == 2:  # so slow a signal, or so quick a machine, that it was over before
            continue
        assert found.returncode == 130, (moment, found.stderr)
        assert found.stderr.count("\n") == 1, found.stderr
        assert found.stderr.startswith("deeplinear: interrupted")


def test_the_package_itself_loads_at_once():
    """So that there is next to no time in which nobody answers Ctrl-C."""
    code = "import sys; before = set(sys.modules); import deeplinear.cli; print(sorted(set(sys.modules) - before))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "numpy" not in found
    assert "typing" not in found
