"""Whose fault an error is decides the exit code, and every error is one line."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from tests.cli.test_cli import run

from deeplinear import Task
from deeplinear.cli import app


def raised_by_us():
    Task.from_modes([-1.0])


def raised_by_numpy():
    np.zeros(3).reshape(2, 2)


def raised_by_a_builtin_function():
    json.loads("{")


def raised_by_an_argument_of_ours():
    int("two")


def raised_in_a_worker():
    from deeplinear.sweep import sweep

    sweep(refuse, [{"number": 1}] * 2, workers=2)


def refuse(number):
    raise ValueError(f"refuse needs number > 1, got number={number}: one is too few. Pass two.")


def no_such_file():
    Path(tempfile.gettempdir(), "no", "such").read_bytes()


def no_memory():
    np.empty((10**9, 10**9))


def key_error():
    {}["gone"]


def read_only():
    raise OSError("a library was confused")


def stops():
    raise KeyboardInterrupt


CAUSES = {
    raised_by_us: (2, "Task.from_modes needs"),
    raised_by_numpy: (70, "this is a bug in deeplinear: ValueError: cannot reshape array"),
    raised_by_a_builtin_function: (70, "this is a bug in deeplinear: JSONDecodeError: Expecting property name"),
    raised_by_an_argument_of_ours: (70, "this is a bug in deeplinear: ValueError: invalid literal"),
    raised_in_a_worker: (2, "refuse needs number > 1, got number=1: one is too few. Pass two."),
    no_such_file: (2, "[Errno 2] No such file or directory"),
    no_memory: (2, "there is not enough memory: Unable to allocate"),
    key_error: (70, "this is a bug in deeplinear: KeyError: 'gone'. Please report it with the command; run again with --traceback"),
    read_only: (70, "this is a bug in deeplinear: OSError: a library was confused"),
    stops: (130, "interrupted.\n"),
}  # fmt: skip


@pytest.mark.parametrize("fails", CAUSES, ids=lambda fails: fails.__name__)
def test_exit_codes(capsys, monkeypatch, fails):
    code, text = CAUSES[fails]
    monkeypatch.setattr(app, "app", lambda **options: fails())
    left, out, err = run(capsys)
    assert (left, out) == (code, "")
    assert err.startswith(f"deeplinear: {text}")
    assert err.count("\n") == 1
    assert err.endswith(".\n") or code == 2


def test_the_traceback_is_shown_when_asked_for(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(app, "app", lambda **options: key_error())
    for arguments in (("--traceback", "list"), ("list", "--traceback")):
        code, _, err = run(capsys, *arguments)
        assert code == 70
        assert "in key_error" in err
        assert err.splitlines()[-1].startswith("deeplinear: this is a bug in deeplinear: KeyError: 'gone'.")
        assert "run again" not in err
    monkeypatch.undo()
    code, out, err = run(capsys, "predict", tmp_path / "gone.npz", "--traceback")
    assert (code, out) == (2, "")
    assert err.startswith("Traceback")
    assert run(capsys, "list", "--json", "--traceback")[0] == 0


@pytest.mark.parametrize(("command", "kept"), [("reproduce", True), ("predict", False), ("list", False)])
def test_only_reproduce_promises_that_work_was_kept(capsys, monkeypatch, command, kept):
    monkeypatch.setattr(app, "app", lambda **options: stops())
    code, _, err = run(capsys, command)
    assert code == 130
    assert ("kept" in err) == kept
    assert err.count("\n") == 1


def test_too_little_memory_is_no_bug():
    """Python says it in one way, the compiler of JAX in another."""
    from deeplinear.cli.causes import cause

    for error in (MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 80000000000 bytes.")):
        code, text = cause(error, ["predict", "a.csv"])
        assert code == 2
        assert text.startswith("there is not enough memory")
    assert "80000000000 bytes. Use fewer examples" in text
