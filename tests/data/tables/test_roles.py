"""Which column is what: targets, classes, features, columns left out, rows dropped, and the options that say so."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deeplinear.data import from_file, load_file
from deeplinear.data.files import read_file
from deeplinear.data.roles import Roles

TABLE = "a,b,c,y\n" + "".join(f"{i % 5}.5,{i * i % 7},{i % 3},{(i * 3) % 11}.25\n" for i in range(30))


def refused(path, text, **roles):
    with pytest.raises(ValueError, match="^load_file needs .*" + text) as raised:
        load_file(path, **roles)
    assert "\n" not in str(raised.value)


def columns(path, **roles):
    return read_file(path, Roles.from_options("load_file", roles))[2]


@pytest.mark.parametrize(
    ("roles", "features", "targets"),
    [
        ({}, ("a", "b", "c"), ("y",)),
        ({"target": "b"}, ("a", "c", "y"), ("b",)),
        ({"target": ["c", "a"]}, ("b", "y"), ("c", "a")),
        ({"target": ("c", "c")}, ("a", "b", "y"), ("c",)),
        ({"drop": "y"}, ("a", "b"), ("c",)),
        ({"drop": ["y", "a"], "target": "b"}, ("c",), ("b",)),
        ({"drop": []}, ("a", "b", "c"), ("y",)),
    ],
)
def test_target_and_drop(written, roles, features, targets):
    path = written(TABLE)
    found = columns(path, **roles)
    assert (found.features, found.targets) == (features, targets)
    x, y = load_file(path, **roles)
    whole = np.loadtxt(path, delimiter=",", skiprows=1)
    assert_array_equal(x, whole[:, ["abcy".index(name) for name in features]])
    assert_array_equal(y, whole[:, ["abcy".index(name) for name in targets]])
    dropped = roles.get("drop")
    assert any("left out as asked" in note for note in found.notes) == bool(dropped)


@pytest.mark.parametrize(
    ("roles", "text"),
    [
        ({"target": "Y"}, "target columns among a, b, c, y of data.csv, got target='Y': it is not there"),
        ({"drop": "bb"}, "drop columns among a, b, c, y .* got drop='bb': .* Did you mean 'b'"),
        ({"target": "a", "drop": "a"}, "different columns for target and drop, got 'a' in both"),
        ({"target": ["a", "b", "c", "y"]}, "no feature is left"),
        ({"drop": ["a", "b", "c", "y"]}, "no target is left"),
        ({"target": []}, r"target to be a column name or a list of them, got target=\[\]"),
        ({"target": 3}, "target to be a column name or a list of them, got target=3"),
        ({"kind": "labels"}, "kind in None, 'classes', 'numbers', got kind='labels'"),
        ({"header": "no"}, "header in None, True, False"),
        ({"drop_missing": "yes"}, "drop_missing in False, True"),
        ({"separator": ", "}, "separator to be one character"),
        ({"decimal": ";"}, "decimal in None, '.', ','"),
        ({"decimal": ",", "thousands": ","}, "two different marks"),
        ({"x": "images"}, "no x for data.csv, got x='images': it is for arrays"),
        ({"target": ["a", "b"], "kind": "classes"}, "one target column for classes"),
    ],
)
def test_roles_that_cannot_be(written, roles, text):
    refused(written(TABLE), text, **roles)


HEADERLESS = "".join(f"{i % 5}.5,{i * i % 7},{i % 3},{(i * 3) % 11}.25\n" for i in range(30))
COUNTED = "3,1,2,0\n" + HEADERLESS  # names that are numbers
TWICE = "a,b,a,y\n" + HEADERLESS


@pytest.mark.parametrize(
    ("text", "roles", "inputs", "outputs"),
    [
        (HEADERLESS, {"target": "3"}, [0, 1, 3], [2]),
        (HEADERLESS, {"drop": "1"}, [1, 2], [3]),
        (HEADERLESS, {"target": ["2", "column 1"], "drop": ["1", "1"][:0]}, [2, 3], [1, 0]),
        (COUNTED, {"target": "3", "header": True}, [1, 2, 3], [0]),
        (COUNTED, {"drop": ["1", "0"], "header": True}, [0], [2]),
        ("2,,b,y\n" + HEADERLESS, {"target": "2", "header": True}, [1, 2, 3], [0]),
        (TWICE, {"drop": "1"}, [1, 2], [3]),
        (TWICE, {"drop": "3"}, [0, 1], [3]),
        (TWICE, {"target": "3"}, [0, 1, 3], [2]),
        (",b,c,y\n" + HEADERLESS, {"target": "1"}, [1, 2, 3], [0]),
    ],
)
def test_columns_by_position(written, text, roles, inputs, outputs):
    path = written(text)
    x, y = load_file(path, **roles)
    whole = np.loadtxt(HEADERLESS.splitlines(), delimiter=",")
    assert_array_equal(x, whole[:, inputs])
    assert_array_equal(y, whole[:, outputs])


@pytest.mark.parametrize(
    ("text", "roles", "said"),
    [
        (HEADERLESS, {"target": "5"}, "among column 1, column 2, column 3, column 4 of data.csv, got target='5': .* count from 1 to 4"),
        (HEADERLESS, {"drop": "0"}, "got drop='0': it is not there.* positions, which count from 1 to 4"),
        (HEADERLESS, {"drop": "9" * 30}, "positions, which count from 1 to 4"),
        (HEADERLESS, {"target": "²"}, "positions, which count from 1 to 4"),
        (HEADERLESS, {"target": "income"}, "among column 1, .* positions, which count from 1 to 4"),
        (HEADERLESS, {"target": "1", "drop": "column 1"}, "different columns for target and drop, got 'column 1' in both"),
        (TABLE, {"target": "3"}, "among a, b, c, y of data.csv, got target='3': it is not there. .* Column 3 is called 'c'"),
        (TWICE, {"drop": "2"}, "got 'a' more than once in data.csv, in columns 1 and 3: .* such as --drop 3 \\(drop='3'\\)"),
        (TWICE, {}, "got 'a' more than once in data.csv, in columns 1 and 3"),
        (TABLE, {"keep": "z"}, "keep columns among a, b, c, y of data.csv, got keep='z'"),
        (TABLE, {"keep": "a", "drop": "a"}, "different columns for drop and keep, got 'a' in both"),
    ],
)  # fmt: skip
def test_positions_that_cannot_be(written, text, roles, said):
    refused(written(text), said, **roles)


def test_unknown_options_are_named(written):
    with pytest.raises(
        TypeError, match=r"load_file needs arguments that it knows, got 'targets': it takes target, drop, keep, kind"
    ):
        load_file(written(TABLE), targets="y")


LABELS = "label,a,b\n" + "".join(f"{i % 4},{i * i % 7}.5,{i % 3}\n" for i in range(20))


@pytest.mark.parametrize("name", ["label", "Class", "target"])
def test_a_target_known_by_its_name(written, name):
    found = columns(written(LABELS.replace("label", name)))
    assert (found.features, found.targets) == (("a", "b"), (name,))
    assert f"{name} is the target by its name; pass --target (target=) for another" in found.notes
    assert columns(written(LABELS), target="b").targets == ("b",)


def test_classes_of_integers_are_sorted_as_numbers(written):
    path = written("a,k\n" + "".join(f"{i * i % 7},{(10, 9, -1)[i % 3]}\n" for i in range(9)))
    _, y = load_file(path, kind="classes")
    assert columns(path, kind="classes").targets == ("-1", "9", "10")
    assert_array_equal(y[:3], [[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    assert "whole numbers" not in str(columns(path, kind="classes"))
    assert "3 different whole numbers (-1, 9, 10), read as numbers; pass --classes (kind='classes')" in str(
        columns(path)
    )
    assert "whole numbers" not in str(columns(path, kind="numbers"))


@pytest.mark.parametrize("target", ["i * 0.5", "i % 2 + 0.5", "i"])
def test_numbers_that_are_no_labels_are_not_said_to_be(written, target):
    path = written("a,k\n" + "".join(f"{i * i % 7},{eval(target, {'i': i})}\n" for i in range(30)))
    assert columns(path).notes == ()


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["1.234,56", "2.000,10", "12,5"], None),
        (["$5", "$6", "$7.50"], "a number with a currency"),
        (["5 €", "6 €", "7,50 €"], "a number with a currency"),
        (["10%", "20%", "30 %"], "a percentage"),
        (["2020-01-01", "2020-01-02", "2020-01-03"], "dates. Write days since a first one"),
        (["1/2/2020", "2/2/2020", "3/2/2020"], "dates"),
        (["2020-01-01 10:00", "2020-01-02T11:30:00Z", "2020-01-03 23:59:59.5"], "dates"),
        (["2020-01", "2020-02", "2020-12"], "dates"),
        (["1 Jan 2020", "02-Feb-20", "3. March 2020"], "dates"),
        (["Jan 1, 2020", "February 2020", "2020-Mar-01"], "dates"),
        (["10:30", "10:45", "11:00"], "a time"),
        (["(5)", "(6)", "(7)"], "a negative number in brackets"),
        (["<1", "<2", ">5"], "a bound"),
        (["1.2.3", "1.2.4", "1.2.5"], "a number with marks. Pass --decimal or --thousands"),
        (["0x1", "0x2", "0xff"], "a hexadecimal"),
    ],
)
@pytest.mark.parametrize("place", ["target", "feature"])
def test_numbers_in_disguise_are_no_classes(written, cells, text, place):
    rows = "".join(f'{i};{i * i % 5};"{cells[i % 3]}"\n' for i in range(12))
    path = written("a;b;c\n" + rows)
    roles = {"target": "c" if place == "target" else "b"}
    if text is None:
        x, y = load_file(path, **roles)
        assert_array_equal((y if place == "target" else x[:, 1:])[:3, 0], [1234.56, 2000.1, 12.5])
        return
    said = f"the column holds {text}" if text.startswith("dates") else f"it is {text}"
    refused(path, f"got '.*' in column 'c', line 2 of data.csv: {said}", **roles)
    if place == "feature":
        refused(path, r"leave the column out with --drop c \(drop='c'\)", **roles)
    if place == "target":
        refused(path, "--classes \\(kind='classes'\\) if these are classes", **roles)
        assert load_file(path, kind="classes", **roles)[1].shape == (12, 3)


def test_a_comma_that_may_be_both_is_refused_and_either_option_reads_it(written):
    path = written('a,p\n1,"1,234"\n2,"2,345"\n3,"13,500"\n')
    refused(
        path, "got '1,234' in column 'p' .* could be decimal or between thousands. Pass --decimal , or --thousands ,"
    )
    assert load_file(path, decimal=",")[1].ravel().tolist() == [1.234, 2.345, 13.5]
    assert load_file(path, thousands=",")[1].ravel().tolist() == [1234, 2345, 13500]


@pytest.mark.parametrize(
    ("cells", "roles", "values"),
    [
        (["1'234.5", "12’345", "7"], {}, [1234.5, 12345, 7]),
        (["1\u202f234", "12\u00a0345", "7"], {}, [1234, 12345, 7]),
        (["1,234.5", "1,234,567", "7"], {}, [1234.5, 1234567, 7]),
        (["1.234.567", "1.234", "7"], {"thousands": "."}, [1234567, 1234, 7]),
        (["1.234,5", "1.234", "7"], {}, [1234.5, 1234, 7]),
        (["−1.5", "+2", "-3"], {}, [-1.5, 2, -3]),
        (["1.5D+02", "-2d0", "3.25D-1"], {}, [150, -2, 0.325]),
        (["1,5", "2", "3,25"], {"decimal": ","}, [1.5, 2, 3.25]),
        ([" 1.5 ", "+2", "3e2"], {}, [1.5, 2, 300]),
    ],
)
def test_marks_that_can_be_read_in_one_way(written, cells, roles, values):
    path = written("a;y\n" + "".join(f"{i};{cell}\n" for i, cell in enumerate(cells)))
    assert load_file(path, **roles)[1].ravel().tolist() == values


def test_points_among_decimal_commas_are_refused(written):
    refused(
        written("a;b;y\n1,5;0.25;3\n2,5;0.5;4\n1,75;0.75;9\n"), "numbers written in one way, got '1,5' in column 'a'"
    )
    refused(
        written("a;y\n1;0.25\n2;1,5\n3;2,5\n4;1,25\n"),
        "got '0.25' in column 'y', line 2 .* number with marks",
        decimal=",",
    )


@pytest.mark.parametrize("count", [10, 400, 1001])
def test_ids_make_no_classes(written, count):
    path = written("a,b,id\n" + "".join(f"{i % 7},{i * i % 5},x{i}\n" for i in range(count)))
    refused(path, f"got {count} different values in {count} rows of 'id', such as 'x0'")
    if count > 1000:
        refused(path, "look like names or ids, not like classes. Pass another target\\.", kind="classes")
    else:
        assert load_file(path, kind="classes")[1].shape == (count, count)


def test_many_levels_of_text(written):
    path = written("a,town,y\n" + "".join(f"{i % 7},t{i // 3 * 2 + (i % 3 > 0)},{i % 11}\n" for i in range(90)))
    refused(path, "got 60 in 90 rows of 'town', such as 't0': each would be an input. Leave the column out with --drop")
    assert columns(path, drop="town").features == ("a",)
    unique = written("a,town,y\n" + "".join(f"{i % 7},t{i},{i % 11}\n" for i in range(90)))
    assert "left out: town (a different text in each row)" in columns(unique).notes


def way_to_keep(left):
    """How to keep a column, as the note on it ends."""
    name = left.split(" (")[0]
    shell = f"'{name}'" if " " in name else name
    return f"; pass --keep {shell} (keep='{name}') if it is a feature"


@pytest.mark.parametrize(
    ("name", "values", "left"),
    [
        ("my row id", "i + 1", "my row id (counts the rows from 1 to 20)"),
        ("", "i", "column 1 (counts the rows from 0 to 19)"),
        ("Unnamed: 0", "i + 1", "Unnamed: 0 (counts the rows from 1 to 20)"),
        ("PassengerId", "i + 1", "PassengerId (counts the rows from 1 to 20)"),
        ("id", "i * 37 % 101", "id (a different whole number in each row)"),
        ("user_id", "(i * 37) % 101", "user_id (a different whole number in each row)"),
        ("time", "i", None),
        ("id", "i // 2", None),
        ("index", "i * 0.1", None),
        ("width", "i * 0.1", None),
        ("valid", "i * 3", None),
    ],
)
def test_index_columns(written, name, values, left):
    cells = [eval(values, {"i": i}) for i in range(20)]
    path = written(f"{name},a,y\n" + "".join(f"{cell},{i * i % 7}.5,{i % 3}.5\n" for i, cell in enumerate(cells)))
    found = columns(path)
    assert [note for note in found.notes if "left out" in note] == (
        [f"left out: {left}{way_to_keep(left)}"] if left else []
    )
    if left:
        kept = columns(path, keep=left.split(" (")[0])
        assert kept.features == (name or "column 1", "a")
        assert not [note for note in kept.notes if "left out" in note]
        assert_array_equal(load_file(path, keep=name or "1")[0][:, 0], cells)
    assert found.features == (("a",) if left else (name, "a"))


def test_an_index_that_is_the_only_input_is_one(written):
    path = written("id,y\n" + "".join(f"{i},{i * i}.5\n" for i in range(10)))
    assert columns(path).features == ("id",)


def test_missing_cells_count_only_where_they_are_used(written):
    path = written("a,b,note,y\n1,2,,3\n2,NA,x,4\n3,4,,6\n4,7,z,9\n")
    refused(path, "got '' in column 'note', line 2 .* missing cells in 3 of 4 rows, in b, note")
    refused(path, "got 'NA' in column 'b', line 3 .* missing cells in 1 of 4 rows, in b", drop="note")
    found = columns(path, drop="note", drop_missing=True)
    assert (found.examples, found.features) == (3, ("a", "b"))
    assert found.notes == ("left out as asked: note", "1 row with missing cells dropped (b)")
    refused(written("a,y\n1,\n,2\n"), "rows without missing cells, got 2 rows with one in a, y", drop_missing=True)


@pytest.mark.parametrize(
    "word", ["", "NA", "N/A", "n/a", "nan", "NaN", "None", "null", "?", "-", "#N/A", "#DIV/0!", "NULL", "."]
)
@pytest.mark.parametrize("place", ["a", "kind"])
def test_words_for_missing_values(written, word, place):
    cells = {"a": ["1.5", "2"], "kind": ["x", "y"]}
    rows = [{"a": cells["a"][i % 2], "b": str(i * i % 5), "kind": cells["kind"][i // 2 % 2]} for i in range(8)]
    rows[3][place] = word
    path = written("a,b,kind\n" + "".join(",".join(row.values()) + "\n" for row in rows))
    refused(path, f"in column '{place}', line 5 of data.csv, and missing cells in 1 of 8 rows")
    assert columns(path, drop_missing=True).examples == 7


def test_levels_of_dropped_rows_are_no_classes(written):
    path = written("a,kind\n1,x\n,z\n2,y\n3,x\n4,y\n")
    assert columns(path, drop_missing=True).targets == ("x", "y")


def test_one_class_is_refused(written):
    refused(written("a,kind\n1,x\n2,x\n3,x\n"), "at least two classes, got 'x' in every row of 'kind'")


def test_names_that_look_alike(written):
    assert columns(written("a,a \x20b,kind\n1,2,x\n2,3,y\n3,7,x\n5,5,y\n")).features == ("a", "a b")


def test_the_description_is_that_of_the_task(written):
    task = from_file(written(LABELS), kind="classes", drop="b", inputs="raw")
    assert task.description == (
        "20 examples; feature a; target label: 4 classes (0, 1, 2, 3); left out as asked: b; label is the target by its name; pass "
        "--target (target=) for another"
    )
    assert task.class_names == ("0", "1", "2", "3")
    assert task.feature_names == ("a",)


@pytest.mark.parametrize("cell", ["1_000", "1,5", "12 %"])
def test_marks_far_down_are_not_guessed(written, cell):
    """Marks are decided from the first rows; a later cell that does not follow them is refused, never read as another number."""
    path = written("a,y\n" + "".join(f"{i},{i * i}.5\n" for i in range(300)) + f'301,"{cell}"\n')
    refused(path, f"got '{cell}' in column 'y', line 302 of data.csv")


def test_numbers_among_labels_are_labels_of_their_own(written):
    path = written(
        "a,grade\n"
        + "".join(f"{i * i % 7},{grade}\n" for i, grade in enumerate(["A", "1", "B", "2.0", "C", "1", "D", "2", "A"]))
    )
    found = columns(path)
    assert found.targets == ("1", "2", "A", "B", "C", "D")
    assert_array_equal(load_file(path)[1][:, :2].T, [[0, 1, 0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 1, 0]])


def test_a_class_a_row_where_classes_are_asked_for(written):
    path = written("a,k\n" + "".join(f"{i * i % 7},{i * 3}\n" for i in range(12)))
    assert_array_equal(load_file(path, kind="classes")[1], np.eye(12))
