"""Tables in the shapes that people have: each gives the right value, or one line that says what it is and what to do."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear import Task
from deeplinear.data import from_file, load_file
from deeplinear.data.files import read_file
from deeplinear.data.roles import Roles

FIELD = Path(__file__).parents[1] / "field"
KINDS = "target kind: 3 classes (ant, bee, cat)"
CLASSES = (8.585, 1.210)  # singular values of three classes on the white columns a, b, c
NUMBERS = np.loadtxt(FIELD / "headerless_numbers.csv", delimiter=",")  # a, b, c and the number y
LABELS = np.loadtxt(FIELD / "headerless_text_label.csv", delimiter=",", usecols=3, dtype=str)
ONE_HOT = (LABELS[:, None] == ["ant", "bee", "cat"]).astype(float)


def singular_values(x, y):
    """Of Σ³¹ for white inputs, by an SVD of centred columns: no code of ours."""
    x = x[:, x.std(axis=0) > 0]
    left, sizes, _ = np.linalg.svd((x - x.mean(axis=0)) / x.std(axis=0), full_matrices=False)
    s = np.linalg.svd(y.T @ left[:, sizes > 1e-9 * sizes[0]] * np.sqrt(len(x)), compute_uv=False)
    return s[s > 1e-9 * s[0]]


def described(name, **roles):
    """Inputs, targets and the line that is printed; singular values of the task agree with an SVD."""
    task = from_file(FIELD / name, **roles)
    x, y = load_file(FIELD / name, **roles)
    assert_allclose(task.modes.s[: task.rank], singular_values(x, y), rtol=1e-8)
    assert task.description.startswith(str(task.columns))
    assert len(x) == task.columns.examples
    assert (x.shape[1], y.shape[1]) == (len(task.columns.features), len(task.columns.targets))
    return x, y, task.description


PLAIN = {
    "semicolon.csv": 'separator ";"',
    "tab.csv": "separator tab",
    "tab.tsv": "",
    "pipe.csv": 'separator "|"',
    "sep_line.csv": "",
    "comment_lines.csv": "",
    "hash_header.csv": "",
    "bom.csv": "",
    "cr_only.csv": "",
    "crlf.csv": "",
    "quotes_single.csv": "",
    "blank_lines_commas.csv": "",
    "trailing_comma_rows.csv": "",
    "gz.csv.gz": "",
    "plain.txt": "",
    "utf16.csv": "encoding utf-16",
}


@pytest.mark.parametrize("name", PLAIN)
def test_read_as_the_plain_file(name):
    x, y, line = described(name)
    assert_array_equal(x, NUMBERS[:, :3])
    assert_array_equal(y, ONE_HOT)
    note = PLAIN[name]
    assert line == "; ".join([f"40 examples; features a, b, c; {KINDS}", *([note] if note else [])])


@pytest.mark.parametrize(
    ("name", "roles", "line"),
    [
        ("spaces_in_names.csv", {}, f"40 examples; features total bill, tip, c; {KINDS}"),
        ("multiline_header.csv", {}, f"40 examples; features a (mm), b, c; {KINDS}"),
        ("dup_empty_names.csv", {}, f"40 examples; features column 1, column 2, c; {KINDS}"),
        ("trailing_comma.csv", {}, f"40 examples; features a, b, c; {KINDS}; left out: column 5 (empty)"),
        (
            "headerless_text_label.csv",
            {},
            "40 examples; features column 1, column 2, column 3; target column 4: 3 classes (ant, bee, cat); the first line is "
            "data, so columns are called by number",
        ),
        ("plain.data", {}, "target column 4: 3 classes (ant, bee, cat); the first line is data"),
        ("id_column.csv", {}, f"features a, b, c; {KINDS}; left out: Id (counts the rows from 1 to 40)"),
        ("pandas_index.csv", {}, f"features a, b, c; {KINDS}; left out: column 1 (counts the rows from 0 to 39)"),
        (
            "pandas_two_index.csv",
            {},
            f"features a, b, c; {KINDS}; left out: column 1 (counts the rows from 0 to 39); pass --keep 'column 1' "
            f"(keep='column 1') if it is a feature; left out: Unnamed: 0 (counts the rows from 0 to 39); pass --keep 'Unnamed: 0'",
        ),
        ("index_text.csv", {}, f"features a, b, c; {KINDS}; left out: column 1 (a different text in each row)"),
        ("labels_first.csv", {}, f"features a, b, c; {KINDS}; kind is the target, as the only text; pass --target"),
        ("labels_first.csv", {"target": "kind"}, f"features a, b, c; {KINDS}"),
        ("labels_mixed_first_text.csv", {}, "target grade: 3 classes (1, A, B)"),
        ("labels_int.csv", {"kind": "classes"}, "target kind: 3 classes (0, 1, 2)"),
        ("labels_int_float.csv", {"kind": "classes"}, "target kind: 3 classes (0, 1, 2)"),
        (
            "latin1.csv",
            {"encoding": "latin-1"},
            "features größe, b, c; target art: 3 classes (ant, cat, käfer); encoding latin-1",
        ),
    ],
)
def test_the_same_rows_under_other_names(name, roles, line):
    x, y, found = described(name, **roles)
    assert_array_equal(x, NUMBERS[:, :3])
    assert_array_equal(np.sort(y.sum(axis=0)), np.sort(ONE_HOT.sum(axis=0)))
    assert_allclose(singular_values(x, y), CLASSES, rtol=1e-3)
    assert line in found


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "headerless_numbers.csv",
            "features column 1, column 2, column 3; target column 4: numbers; the first line is data",
        ),
        ("semicolon_decimal_comma.csv", 'target y: numbers; separator ";"; decimal mark ","'),
        ("decimal_comma_quoted.csv", 'target y: numbers; decimal mark ","'),
        ("minus_unicode.csv", "target y: numbers"),
        ("space.csv", "target y: numbers; separator blanks"),
    ],
)
def test_numbers_however_they_are_written(name, line):
    x, y, found = described(name)
    assert_array_equal(np.hstack([x, y]), NUMBERS)
    assert line in found


def test_fortran_exponents():
    x, y, line = described("fortran_D.csv")
    assert_allclose(np.hstack([x, y]), NUMBERS, atol=5.1e-5)
    assert (x[0, 0], y[1, 0]) == (0.1257302, 1.441444)
    assert line == "40 examples; features a, b, c; target y: numbers"


@pytest.mark.parametrize(
    ("name", "first", "note"),
    [
        ("thousands.csv", 13202.0, 'thousands mark ","'),
        ("space_in_number_target.csv", 1100.0, 'thousands mark " "'),
        ("decimal_comma_target.csv", 0.0, 'decimal mark ","'),
    ],
)
def test_marks_in_targets(name, first, note):
    _, y, line = described(name)
    assert y.shape[1] == 1
    assert y[0, 0] == first
    assert line.endswith(note)


def test_underscores_between_digits():
    x, _, line = described("underscore.csv")
    assert_array_equal(x[:, 1], 1000.0)
    assert 'thousands mark "_"' in line


def test_decimal_commas_of_the_target():
    _, y, _ = described("decimal_comma_target.csv")
    assert_array_equal(y[:5, 0], [0.0, 1.1, 3.2, 4.3, 6.4])


@pytest.mark.parametrize("name", ["labels_int.csv", "labels_int_float.csv"])
def test_integer_labels_are_numbers_or_classes(name):
    note = "kind holds 3 different whole numbers (0, 1, 2), read as numbers; pass --classes"
    for roles in ({}, {"kind": "numbers"}):
        _, y, line = described(name, **roles)
        assert y.shape == (40, 1)
        assert (note in line) == (not roles)
        assert_allclose(from_file(FIELD / name, **roles).modes.s, [9.652], rtol=1e-3)
    task = from_file(FIELD / name, kind="classes")
    assert_allclose(task.modes.s[:2], CLASSES, rtol=1e-3)
    assert task.class_names == ("0", "1", "2")


def test_largest_target_without_a_header():
    from deeplinear.report.predict import predict

    assert_allclose(predict(from_file(FIELD / "headerless_text_label.csv")).targets[0], 0.2146, atol=5e-5)


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("labels_bool.csv", ("False", "True")),
        ("labels_case.csv", ("Female", "Male", "female", "male")),
        ("sklearn_style.csv", ("ant", "bee")),
        ("sk_iris.csv", ("setosa", "versicolor", "virginica")),
    ],
)
def test_classes(name, classes):
    task = from_file(FIELD / name)
    assert task.class_names == classes
    described(name)


def test_iris_of_scikit_learn_has_all_its_rows():
    from sklearn.datasets import load_iris

    iris = load_iris()
    x, y, line = described("sk_iris.csv")
    assert_array_equal(x, iris.data)
    assert_array_equal(y, np.eye(3)[iris.target])
    assert line.startswith(
        "150 examples; features column 1, column 2, column 3, column 4; target column 5: 3 classes (setosa, versicolor, "
        "virginica); the first line counts rows"
    )
    _, numbers, _ = described("sk_iris.csv", kind="numbers")
    assert_array_equal(numbers[:, 0], iris.target)


def test_labels_that_differ_in_capital_letters_are_said_to():
    assert (
        "Female, Male, female, male differ in capital letters only" in from_file(FIELD / "labels_case.csv").description
    )


@pytest.mark.parametrize(
    ("name", "features", "note"),
    [
        ("feature_bool.csv", ("a", "b", "smoker = True"), "smoker one-hot without its first level, False"),
        (
            "text_feature.csv",
            ("a", "species = bee", "species = cat", "c"),
            "species one-hot without its first level, ant",
        ),
        (
            "text_index_then_text_target.csv",
            ("species = bee", "species = cat", "a", "b"),
            "species one-hot without its first level, ant; island left out: X in every row",
        ),
    ],
)
def test_text_features_are_one_hot(name, features, note):
    _, _, line = described(name)
    assert from_file(FIELD / name).feature_names == features
    assert note in line


def test_one_hot_columns_hold_what_their_names_say():
    x, _ = load_file(FIELD / "text_feature.csv")
    column = np.loadtxt(FIELD / "text_feature.csv", delimiter=",", skiprows=1, usecols=1, dtype=str)
    assert_array_equal(x[:, 1], column == "bee")
    assert_array_equal(x[:, 2], column == "cat")


def test_penguins_with_missing_cells():
    with pytest.raises(
        ValueError,
        match=r"got '' in column 'bill', line 4 of .* missing cells in 2 of 6 rows, in bill, depth, mass, sex",
    ):
        from_file(FIELD / "penguins_like.csv")
    x, y, line = described("penguins_like.csv", drop_missing=True)
    assert_array_equal(x[:, 2:], [[39.1, 18.7, 3750], [39.5, 17.4, 3800], [46.1, 13.2, 4500], [50, 16.3, 5700]])
    assert_array_equal(y, [[0, 1], [1, 0], [1, 0], [0, 1]])
    assert "2 rows with missing cells dropped (bill, depth, mass, sex)" in line


@pytest.mark.parametrize(
    ("name", "cell", "lost", "rows", "column", "left"),
    [
        ("labels_NA.csv", "NA", 6, 40, "sex", 2),
        ("labels_question.csv", "?", 6, 40, "sex", 2),
        ("labels_None.csv", "None", 6, 40, "sex", 2),
        ("labels_empty.csv", "", 6, 40, "sex", 2),
        ("excel_errors.csv", "#DIV/0!", 7, 21, "k", 2),
        ("tips_target_NA.csv", "N/A", 1, 4, "tip", 1),
        ("missing.csv", "", 4, 40, "b", 3),
        ("question.csv", "?", 1, 40, "b", 3),
    ],
)
def test_missing_cells_are_refused_or_dropped(name, cell, lost, rows, column, left):
    with pytest.raises(ValueError, match=r"^load_file needs a value in every cell, got ") as raised:
        from_file(FIELD / name)
    text = str(raised.value)
    assert f"got {cell!r} in column {column!r}, line " in text
    assert f"missing cells in {lost} of {rows} rows" in text
    assert "Pass --drop-missing (drop_missing=True)" in text
    _, y, line = described(name, drop_missing=True)
    assert y.shape == (rows - lost, left)
    assert f"{lost} row{'s' if lost > 1 else ''} with missing cells dropped ({column})" in line


def test_huge_integers_are_ids():
    x, _, line = described("huge_int.csv")
    assert_array_equal(x, NUMBERS[:, :1])
    assert "left out: id64 (whole numbers with more digits than float64 keeps" in line


def test_units_do_not_matter():
    assert from_file(FIELD / "unscaled.csv").n_in == 3


@pytest.mark.parametrize(
    ("name", "left", "n_in"),
    [
        ("constant_feature.csv", "c (constant)", 2),
        ("dup_feature.csv", "c (a linear function of a)", 2),
        ("dummy_trap.csv", "f (a linear function of m)", 2),
    ],
)
def test_features_that_add_nothing_are_left_out_by_name(name, left, n_in):
    described(name)
    task = from_file(FIELD / name)
    assert [str(each) for each in task.left_out] == [left]
    assert task.n_in == n_in


def test_more_features_than_examples():
    described("wide.csv")
    task = from_file(FIELD / "wide.csv")
    assert (len(task.columns.features), task.n_in, len(task.left_out)) == (60, 19, 41)
    assert task.floor < 1e-9 * task.output_power + 0.5 * np.square(load_file(FIELD / "wide.csv")[1].mean()) * 20


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("currency.csv", r"got '\$56.40' in column 'rate', line 2 of currency.csv: it is a number with a currency"),
        (
            "hex.csv",
            r"got '0x00' in column 'b', line 2 of hex.csv: it is a hexadecimal .* leave the column out with --drop",
        ),
        ("target_inf_text.csv", "got 'Infinity' in column 'y', line 7 .* infinite .* Remove the row"),
        ("dup_columns.csv", "names that differ, got 'a' more than once"),
        (
            "labels_unique.csv",
            "got 40 different values in 40 rows of 'name', such as 'car 0': they look like names or ids",
        ),
        ("empty.csv", "got an empty file"),
        ("html.csv", "got an HTML page"),
        ("lfs.csv", "a Git LFS pointer.* git lfs pull"),
        ("nul.csv", r"a NUL byte in nul.csv, line 2: .*--encoding utf-16"),
        ("latin1.csv", r"text in utf-8, got the byte 0xf6 .* line 1: .* Pass its encoding, such as --encoding cp1252"),
        ("one_row.csv", "at least two examples, got one row"),
        ("one_column.csv", "got columns y of one_column.csv: no feature is left"),
    ],
)
def test_refused_in_one_line(name, text):
    with pytest.raises(ValueError, match="^load_file needs .*" + text) as raised:
        from_file(FIELD / name)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["constant_target.csv", "parabola.csv", "xor.csv"])
def test_nothing_linear_to_learn(name):
    from deeplinear.report.predict import predict

    with pytest.raises(ValueError, match="nothing a linear network can learn"):
        predict(from_file(FIELD / name))


def test_two_rows_are_a_line():
    x, y, _ = described("two_rows.csv")
    assert_array_equal(x, [[1, 2], [4, 6]])
    assert_array_equal(y, [[3], [7]])


def test_no_file_of_the_field_is_left_out_here():
    text = Path(__file__).read_text(encoding="utf-8")
    tables = [path.name for path in FIELD.iterdir() if path.suffix in (".csv", ".tsv", ".txt", ".data", ".gz")]
    assert len(tables) > 60
    assert [name for name in tables if name not in text] == []


def test_columns_reach_the_task():
    x, y, columns = read_file(FIELD / "plain.txt", Roles())
    task = from_file(FIELD / "plain.txt", inputs="raw")
    assert task.columns == columns
    assert task.class_names == ("ant", "bee", "cat")
    assert_allclose(task.modes.s, Task.from_data(x, y).modes.s)
