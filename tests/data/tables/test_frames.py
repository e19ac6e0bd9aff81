"""Data frames of pandas, polars and DuckDB, and parquet files: the same rows, the same task."""

import datetime
from decimal import Decimal

import duckdb
import numpy as np
import pandas
import polars
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear.data import from_file, from_frame, load_file
from deeplinear.data.files import read_file
from deeplinear.data.roles import Roles

COLUMNS = {
    "a": [1, 2, 3, 4, 5, 6],
    "b": [0.5, 1.25, -3.0, 1e-3, 7.0, 2.0],
    "wet": [True, False, True, True, False, False],
    "town": ["x", "y", "x", "z", "z", "y"],
    "kind": ["ant", "bee", "ant", "bee", "bee", "ant"],
}
LINE = (
    "6 examples; features a, b, wet = True, town = y, town = z; target kind: 2 classes (ant, bee); wet one-hot without its first "
    "level, False; town one-hot without its first level, x"
)
X = [[a, b, w, t == "y", t == "z"] for a, b, w, t in zip(*list(COLUMNS.values())[:4], strict=True)]


def relation(columns):
    names = ", ".join(f"unnest({list(values)!r}) AS {name}" for name, values in columns.items())
    return duckdb.sql(f"SELECT {names}")


MAKERS = {"pandas": pandas.DataFrame, "polars": polars.DataFrame, "duckdb": relation}


@pytest.mark.parametrize("maker", MAKERS)
def test_frames(maker):
    task = from_frame(MAKERS[maker](COLUMNS), inputs="raw")
    assert task.description == LINE
    assert_array_equal(task.input_correlation, np.array(X, dtype=float).T @ np.array(X, dtype=float))
    other = from_frame(MAKERS[maker](COLUMNS), inputs="raw", target="b", drop=["kind", "town"])
    assert (other.feature_names, other.target_names) == (("a", "wet = True"), ("b",))


@pytest.mark.parametrize("maker", ["pandas", "polars"])
def test_types_of_columns(maker):
    frame = MAKERS[maker](COLUMNS)
    if maker == "pandas":
        frame = frame.astype({"a": "uint8", "b": "float32", "town": "category", "wet": "boolean"})
    else:
        frame = frame.with_columns(
            polars.col("a").cast(polars.UInt8),
            polars.col("b").cast(polars.Float32),
            polars.col("town").cast(polars.Categorical),
        )
    task = from_frame(frame, inputs="raw")
    assert task.description == LINE
    assert task.input_correlation[1, 1] == pytest.approx(
        np.square(np.float32(COLUMNS["b"]).astype(float)).sum(), rel=1e-15
    )


def holes(maker):
    columns = COLUMNS | {"b": [None, *COLUMNS["b"][1:]], "kind": [*COLUMNS["kind"][:-1], None]}
    if maker == "duckdb":
        return duckdb.sql("SELECT unnest([1, 2, 3, 4, 5, 6]) AS a, unnest([NULL, 1.25, -3, 0.001, 7, 2]) AS b, "
                          "unnest(['ant', 'bee', 'ant', 'bee', 'bee', NULL]) AS kind")  # fmt: skip
    return MAKERS[maker](columns)


@pytest.mark.parametrize("maker", MAKERS)
def test_missing_values(maker):
    with pytest.raises(
        ValueError, match=r"^from_frame needs a value in every cell, got '' in column 'b', row 0 \(from 0\)"
    ) as raised:
        from_frame(holes(maker))
    assert "of the data frame, and missing cells in 2 of 6 rows, in b, kind" in str(raised.value)
    assert from_frame(holes(maker), drop_missing=True).columns.examples == 4


def test_missing_values_of_pandas():
    frame = pandas.DataFrame(
        {"a": pandas.array([1, None, 3, 4], dtype="Int64"), "b": [1.0, 2, np.nan, 5], "s": ["x", "y", "x", None]}
    )
    frame["y"] = [1.5, 2.5, 3.5, 4.5]
    with pytest.raises(ValueError, match="missing cells in 3 of 4 rows, in a, b, s"):
        from_frame(frame)
    frame["t"] = pandas.to_datetime(["2020-01-01", None, "2020-01-03", "2020-01-04"])
    with pytest.raises(ValueError, match="missing cells in 2 of 4 rows, in b, t"):
        from_frame(frame, drop=["a", "s"])


def test_numbers_as_objects_and_as_text():
    frame = pandas.DataFrame({"a": [1, 2.5, Decimal("4")], "b": ["1", " 2.5", "x"], "y": ["1", "2", "4"]}, dtype=object)
    task = from_frame(frame, drop="b", inputs="raw")
    assert task.description == "3 examples; feature a; target y: numbers; left out as asked: b"
    assert task.input_output_correlation.item() == 1 + 5 + 16
    with pytest.raises(
        ValueError, match=r"got 'x' in column 'b', row 2 \(from 0\) of the data frame: it is text among numbers"
    ):
        from_frame(frame)


@pytest.mark.parametrize("maker", MAKERS)
def test_infinite_values(maker):
    frame = MAKERS[maker]({"a": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 4.0]})
    frame = (
        duckdb.sql("SELECT unnest([1, 2, 'inf'::DOUBLE]) AS a, unnest([1, 2, 4]) AS y") if maker == "duckdb" else frame
    )
    if maker != "duckdb":
        frame = MAKERS[maker]({"a": [1.0, 2.0, np.inf], "y": [1.0, 2.0, 4.0]})
    with pytest.raises(ValueError, match=r"got 'inf' in column 'a', row 2 .* infinite"):
        from_frame(frame)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ([np.ones(2), np.ones(2), np.ones(2)], r"got an array in column 'c'"),
        ([[1], [2], [3]], r"numbers, text or truth values in every cell, got a list in column 'c'"),
        ([1j, 2j, 3j], "got a complex in column 'c'"),
        (
            [datetime.date(2020, 1, day) for day in (1, 2, 3)],
            "got '2020-01-01' in column 'c', row 0 .* the column holds dates",
        ),
        (pandas.to_datetime(["2020-01-01 10:00"] * 3), "the column holds dates"),
        (pandas.to_timedelta([1, 2, 3], unit="s"), "got a Timedelta in column 'c'"),
    ],
)
def test_columns_that_are_no_inputs(column, text):
    frame = pandas.DataFrame({"a": [1, 2, 3], "c": column, "y": [1.5, 2, 4]})
    with pytest.raises(ValueError, match="^from_frame needs .*" + text):
        from_frame(frame)
    assert from_frame(frame, drop="c").feature_names == ("a",)


def test_long_integers_are_ids():
    big = [2**53 + i for i in range(6)]
    for maker in MAKERS.values():
        line = from_frame(maker({"key": big, "b": COLUMNS["b"], "y": COLUMNS["a"]})).description
        assert "features" not in line
        assert "left out: key (whole numbers with more digits than float64 keeps" in line


def test_what_is_no_frame():
    for thing in (np.eye(3), [[1, 2]], "data.csv", None, {"a": [1]}, polars.LazyFrame({"a": [1], "y": [2]})):
        with pytest.raises(TypeError, match=r"^from_frame needs a data frame, got a \w+: .* Task\.from_data\(x, y\)"):
            from_frame(thing)
    twice = pandas.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    with pytest.raises(ValueError, match="from_frame needs column names that differ, got 'a' more than once"):
        from_frame(twice)
    with pytest.raises(ValueError, match="at least one row"):
        from_frame(pandas.DataFrame({"a": [], "y": []}))
    for option in ({"header": True}, {"decimal": ","}, {"encoding": "utf-8"}, {"x": "a"}):
        with pytest.raises(ValueError, match=r"from_frame needs no .* for a data frame"):
            from_frame(pandas.DataFrame(COLUMNS), **option)


def test_the_frame_is_not_changed():
    frame = pandas.DataFrame(COLUMNS)
    before = frame.copy(deep=True)
    from_frame(frame)
    pandas.testing.assert_frame_equal(frame, before)


@pytest.fixture
def parquet(tmp_path):
    path = tmp_path / "data.parquet"
    relation(COLUMNS).write_parquet(str(path))
    return path


def test_parquet(parquet, tmp_path):
    assert from_file(parquet).description == LINE
    x, y = load_file(parquet)
    assert_array_equal(x, X)
    assert_array_equal(y[:, 0], [1, 0, 1, 0, 0, 1])
    path = tmp_path / "odd name's.data"
    path.write_bytes(parquet.read_bytes())
    assert from_file(path, kind="classes", target="a").class_names == ("1", "2", "3", "4", "5", "6")
    with pytest.raises(
        ValueError, match=r"load_file needs no header for data.parquet, got header=True: it is for text files"
    ):
        load_file(parquet, header=True)


def test_parquet_types(tmp_path):
    path = str(tmp_path / "types.parquet")
    duckdb.sql(
        "SELECT i::TINYINT AS a, i::DECIMAL(8, 2) / 4 AS b, (i * 0.1)::FLOAT AS c, [i] AS parts, i::HUGEINT AS d, i % 2 = 0 AS kind "
        "FROM range(8) AS t(i)"
    ).write_parquet(path)
    x, y, columns = read_file(path, Roles(drop=("parts",)))
    i = np.arange(8)
    assert_array_equal(x, np.column_stack([i, i / 4, np.float32(i * 0.1), i]))
    assert columns.targets == ("False", "True")
    assert_array_equal(y[:, 1], i % 2 == 0)
    with pytest.raises(ValueError, match=r"got lists in column 'parts' of types.parquet"):
        load_file(path)


@pytest.mark.parametrize("cut", [10, 200, -5])
def test_damaged_parquet(parquet, cut):
    parquet.write_bytes(parquet.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"^load_file needs a whole parquet file, got data.parquet: ") as raised:
        load_file(parquet)
    assert "\n" not in str(raised.value)


def test_csv_frames_and_parquet_agree(tmp_path, parquet):
    frame = pandas.DataFrame(COLUMNS)
    frame.to_csv(tmp_path / "data.csv", index=False)
    frame.to_csv(tmp_path / "indexed.csv")
    tasks = [
        from_frame(frame),
        from_file(parquet),
        from_file(tmp_path / "data.csv"),
        from_file(tmp_path / "indexed.csv"),
    ]
    for task in tasks[1:]:
        assert_allclose(task.modes.s, tasks[0].modes.s, rtol=CLOSED_FORM)
        assert task.columns.features == tasks[0].columns.features


def test_nothing_is_downloaded():
    from deeplinear.data.tables.duck import connection

    with connection() as database:
        found = dict(
            database.execute("SELECT name, value FROM duckdb_settings() WHERE name LIKE '%known_extensions'").fetchall()
        )
        assert set(found.values()) == {"false"}
        with pytest.raises(duckdb.Error):
            database.execute("SELECT * FROM read_csv('https://example.org/data.csv')")
