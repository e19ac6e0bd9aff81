"""One look at the bytes of a text file: what is in any of its blocks counts, and a file that is too large is refused."""

import pytest

from deeplinear.data import load_file
from deeplinear.data.tables import survey as room

ROWS = ['"a";b', *(f"{i}.5;{i}" for i in range(400))]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    return path


def test_what_one_block_shows_is_kept_in_the_next_ones(file, monkeypatch):
    whole = room.survey("test", file, None)
    monkeypatch.setattr(room, "BLOCK", 64)
    found = room.survey("test", file, None)
    assert (found.quotes, found.lines, found.longest) == (True, 401, 9)
    assert (found.quotes, found.lines, found.longest) == (whole.quotes, whole.lines, whole.longest)


def test_more_text_than_is_read_is_refused(file, monkeypatch):
    monkeypatch.setattr(room, "MOST", 1 << 10)
    with pytest.raises(ValueError, match=r"needs lines of at most 64 MiB and .* of text in all, got more in table.csv"):
        load_file(file)


def test_the_separator_that_the_user_names_wins(tmp_path):
    """Excel's first line names one, the file is written with another."""
    path = tmp_path / "table.csv"
    path.write_text("sep=;\na,b\n1.5,2\n2.5,3\n0.5,7\n", encoding="utf-8")
    assert load_file(path, separator=",")[0].tolist() == [[1.5], [2.5], [0.5]]
