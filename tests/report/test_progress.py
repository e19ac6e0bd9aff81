"""The progress line counts finished pieces and parts, where somebody reads it."""

import io
import re
import time

import numpy as np
import pytest
import rich.progress

from deeplinear.report import progress


class Terminal(io.StringIO):
    """Standard error that somebody reads."""

    def isatty(self):
        return True


@pytest.fixture
def told(monkeypatch):
    """Everything the bar is told: description, pieces done, pieces in all."""
    seen, update = [], rich.progress.Progress.update

    def spy(bar, task, **now):
        update(bar, task, **now)
        shown = bar.tasks[0]
        seen.append((shown.description, shown.completed, shown.total))

    monkeypatch.setattr(rich.progress.Progress, "update", spy)
    return seen


def test_a_piece_counts_when_the_next_begins_and_its_parts_as_they_end(told, monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    with progress.progress(3) as watch:
        for call in (("one",), ("one", 1, 4), ("one", 4, 4), ("two",), ("three",), ("three", 1, 2)):
            watch(*call)
    assert told == [
        ("one", 0, 3),
        ("one, 1 of 4", 0.25, 3),
        ("one, 4 of 4", 1, 3),
        ("two", 1, 3),
        ("three", 2, 3),
        ("three, 1 of 2", 2.5, 3),
    ]


def test_the_bar_is_drawn_on_standard_error_and_leaves_nothing_behind(monkeypatch):
    out, err = io.StringIO(), Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    with progress.progress(2) as watch:
        watch("a piece")
    drawn = err.getvalue()
    assert "a piece" in drawn
    assert "0/2" in drawn
    assert drawn.rstrip("\n").endswith("\x1b[2K")  # transient: the line is erased at the end
    assert out.getvalue() == ""


def test_plain_lines_where_standard_error_is_no_terminal(capsys, monkeypatch):
    clock = iter([100.0, 110.0, 131.0, 140.0, 141.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.progress(2) as watch:
        watch("one")
        watch("one", 1, 4)  # ten seconds later: too soon for a line
        watch("one", 2, 4)
        watch("two")
        watch("two", 1, 2)
    assert capsys.readouterr() == ("", "one (1 of 2)\none (1 of 2), 2 of 4 parts\ntwo (2 of 2)\n")


@pytest.fixture
def soon(monkeypatch):
    """Lines come after tenths of what they wait for otherwise."""
    for name, seconds in (("AFTER", 0.2), ("EVERY", 0.1), ("AT_ONCE", 0.2), ("TICK", 0.05)):
        monkeypatch.setattr(progress, name, seconds)


def written(monkeypatch, stream, seconds, **options):
    monkeypatch.setattr("sys.stderr", stream)
    with progress.elapsed("reading data.csv", **options):
        time.sleep(seconds)
    return stream.getvalue()


def test_long_work_is_told_in_plain_lines_now_and_then(soon, monkeypatch):
    text = written(monkeypatch, io.StringIO(), 0.6)
    assert re.fullmatch(r"(reading data.csv: [01] s\n){2,6}", text)
    assert written(monkeypatch, io.StringIO(), 0.6, plain=False) == ""
    assert written(monkeypatch, io.StringIO(), 0.0) == ""


def test_long_work_moves_a_line_on_a_terminal_and_leaves_nothing(soon, monkeypatch):
    text = written(monkeypatch, Terminal(), 0.6)
    assert re.fullmatch(r"(\rreading data.csv: [01] s\x1b\[K){2,12}\r\x1b\[K", text)
    assert written(monkeypatch, Terminal(), 0.0) == ""


def test_a_line_that_knows_more_is_left_alone(soon, monkeypatch):
    from deeplinear import progress_line

    monkeypatch.setattr(progress_line, "AFTER", 0.0)
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with progress.elapsed("predicting"):
        with progress_line.progress_line("flow") as tell:
            tell(0.5, "12 steps")
            time.sleep(0.5)
        assert "predicting" not in stream.getvalue()
        time.sleep(0.5)
    assert "predicting" in stream.getvalue()


def test_predict_tells_what_takes_long(soon, monkeypatch, capsys, tmp_path):
    from tests.cli.test_cli import run

    from deeplinear import data

    rng, read = np.random.default_rng(0), data.from_file
    np.savez(tmp_path / "a.npz", x=rng.standard_normal((20, 2)), y=rng.standard_normal(20))
    monkeypatch.setattr(data, "from_file", lambda *given, **options: time.sleep(0.4) or read(*given, **options))
    monkeypatch.setattr(progress, "AFTER", 0.1)
    code, _, err = run(capsys, "predict", tmp_path / "a.npz")
    assert code == 0
    assert "reading a.npz: 0 s\n" in err
    assert run(capsys, "predict", tmp_path / "a.npz", "--json")[2] == ""
