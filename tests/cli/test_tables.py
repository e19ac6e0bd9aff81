"""Options of ``deeplinear predict`` that say what a table does not, end to end."""

import json
from pathlib import Path

import numpy as np
import pytest

from deeplinear import cli, data

FIELD = Path(__file__).parents[1] / "data" / "field"


def predicted(capsys, *arguments):
    """Exit code, stdout, stderr of ``deeplinear predict``."""
    with pytest.raises(SystemExit) as left:
        cli.main(["predict", *(str(argument) for argument in arguments)])
    out, err = capsys.readouterr()
    return left.value.code or 0, out, err


def asked(monkeypatch, capsys, *arguments):
    """Keyword arguments with which ``from_file`` is called."""
    found = []

    def from_file(path, **options):
        found.append(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "from_file", from_file)
    assert predicted(capsys, "data.csv", *arguments)[0] == 130
    return {name: value for name, value in found[0].items() if value not in (None, False)}


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((), {}),
        (("--target", "a", "--target", "b"), {"target": ["a", "b"]}),
        (("--drop", "a", "--drop", "b"), {"drop": ["a", "b"]}),
        (("--classes",), {"kind": "classes"}),
        (("--numbers",), {"kind": "numbers"}),
        (("--header",), {"header": True}),
        (("--drop-missing",), {"drop_missing": True}),
        (("--separator", ";"), {"separator": ";"}),
        (("--separator", "tab"), {"separator": "\t"}),
        (("--separator", "\\t"), {"separator": "\t"}),
        (("--separator", "space"), {"separator": " "}),
        (("--decimal", ","), {"decimal": ","}),
        (("--thousands", "."), {"thousands": "."}),
        (("--encoding", "cp1252"), {"encoding": "cp1252"}),
        (("--x", "images", "--y", "labels"), {"x": "images", "y": "labels"}),
    ],
)
def test_options_reach_the_reader(monkeypatch, capsys, arguments, options):
    assert asked(monkeypatch, capsys, *arguments) == {"inputs": "white"} | options


def test_no_header_is_not_the_same_as_not_said(monkeypatch, capsys):
    found = []
    monkeypatch.setattr(data, "from_file", lambda path, **options: found.append(options["header"]) or [][0])
    for arguments in ((), ("--no-header",), ("--header",)):
        with pytest.raises((SystemExit, IndexError)):
            cli.main(["predict", "data.csv", *arguments])
    capsys.readouterr()
    assert found == [None, False, True]


def values(capsys, tmp_path, *arguments):
    code, out, err = predicted(capsys, *arguments, "--json", "--out", tmp_path / "modes.png")
    assert (code, err) == (0, "")
    return np.round(json.loads(out)["singular_values"][:2], 3).tolist()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("labels_int.csv", "--classes"), [8.585, 1.21]),
        (("labels_int.csv", "--numbers"), [9.652]),
        (("labels_first.csv", "--target", "kind"), [8.585, 1.21]),
        (("latin1.csv", "--encoding", "latin-1"), [8.585, 1.21]),
        (("pandas_index.csv",), [8.585, 1.21]),
        (("labels_NA.csv", "--drop-missing"), [10.801]),
    ],
)
def test_values(capsys, tmp_path, arguments, expected):
    found = values(capsys, tmp_path, FIELD / arguments[0], *arguments[1:])
    assert found[: len(expected)] == expected


@pytest.mark.parametrize(
    "name", ["html.csv", "missing.csv", "parabola.csv", "one_column.csv", "empty.csv", "latin1.csv"]
)
def test_refusals_are_one_line_and_exit_2(capsys, tmp_path, name):
    code, out, err = predicted(capsys, FIELD / name, "--out", tmp_path / "modes.png")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []
