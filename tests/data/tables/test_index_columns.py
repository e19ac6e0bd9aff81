"""Columns that number or name the rows, told from features and from labels."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deeplinear.data import from_file, load_file


def read(tmp_path, rows, **options):
    """Inputs, their names and the notes of a table of these rows."""
    path = tmp_path / "table.csv"
    path.write_text("\n".join(",".join(str(cell) for cell in row) for row in rows) + "\n", encoding="utf-8")
    x, y = load_file(path, **options)
    return x, y, from_file(path, inputs="raw", **options).columns


SPREAD = [0.3, 0.7, 0.1, 0.9, 0.4, 0.8]
Y = [1.5, 2.25, 0.5, 3.75, 1.25, 2.5]


def test_only_the_first_column_counts_rows(tmp_path):
    """A later one that happens to count is a feature; columns before it that are left out do not end the beginning."""
    count = range(1, 7)
    x, _, columns = read(tmp_path, zip(count, SPREAD, count, Y, strict=True))
    assert_array_equal(x, np.column_stack([SPREAD, count]))
    assert [note for note in columns.notes if "counts the rows from 1 to 6" in note] != []
    both = list(zip(count, range(6), SPREAD, Y, strict=True))
    assert_array_equal(read(tmp_path, both)[0], np.column_stack([SPREAD]))


@pytest.mark.parametrize(("first", "left_out"), [(0, True), (1, True), (2, False), (-1, False)])
def test_counting_begins_at_0_or_1(tmp_path, first, left_out):
    x, _, columns = read(tmp_path, zip(range(first, first + 6), SPREAD, Y, strict=True))
    assert x.shape[1] == (1 if left_out else 2)
    assert any("counts the rows" in note for note in columns.notes) == left_out


@pytest.mark.parametrize(("rows", "left_out"), [(3, False), (4, True), (6, True)])
def test_a_different_text_in_each_row(tmp_path, rows, left_out):
    names = ["ada", "bob", "eve", "kim", "lee", "zoe"]
    table = [("who", "a", "y"), *list(zip(names, SPREAD, Y, strict=True))[:rows]]
    x, _, columns = read(tmp_path, table, target="y")
    assert x.shape[1] == (1 if left_out else 3)  # one-hot without the first
    assert any("who (a different text in each row)" in note for note in columns.notes) == left_out


def test_text_is_no_number_where_numbers_are_asked_for(tmp_path):
    table = [("a", "y"), *zip(SPREAD, ["up", "down"] * 3, strict=True)]
    assert read(tmp_path, table)[2].kind == "classes"
    with pytest.raises(ValueError, match=r"needs numbers in target column 'y', got 'up'|got 'down'"):
        read(tmp_path, table, kind="numbers")


@pytest.mark.parametrize(("different", "noted"), [(100, True), (101, False), (150, False)])
def test_up_to_a_hundred_whole_numbers_may_be_labels(tmp_path, different, noted):
    rng = np.random.default_rng(0)
    table = [("a", "y"), *zip(rng.normal(size=600).tolist(), (np.arange(600) % different).tolist(), strict=True)]
    assert any("pass --classes" in note for note in read(tmp_path, table)[2].notes) == noted
