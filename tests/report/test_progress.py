"""The progress line counts finished pieces and parts, where somebody reads it."""

import io

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
