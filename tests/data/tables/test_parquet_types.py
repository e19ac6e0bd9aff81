"""Columns of parquet files and DuckDB relations by their types: single values are read, others refused by name."""

import duckdb
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deeplinear.data import from_frame, load_file

NESTED = {
    "[i, i + 1]": "lists",
    "array_value(i::DOUBLE, 2.0)": "lists",
    "[NULL]": "lists",
    "[{'p': i}]": "lists",
    "{'p': i, 'q': [i]}": "structures",
    "MAP {'k': i}": "maps",
    "'ab'::BLOB": "raw bytes",
    "INTERVAL (i) DAY": "durations",
}
SINGLE = {
    "(i / 4)::DECIMAL(9, 3)": np.arange(1, 30) / 4,
    "i::HUGEINT": np.arange(1, 30),
    "i::UTINYINT": np.arange(1, 30),
    "(['a', 'b'])[1 + i % 2]::ENUM ('a', 'b')": np.arange(1, 30) % 2,
    "(i % 2 = 0)": np.arange(1, 30) % 2 == 0,
}


def query(expression):
    return f'SELECT i % 5 AS a, {expression} AS "my {{c}}", i * i % 11 + 0.5 AS y FROM range(1, 30) AS t(i)'


@pytest.fixture
def parquet(tmp_path):
    def write(expression):
        path = tmp_path / "data.parquet"
        with duckdb.connect() as database:
            database.execute(f"COPY ({query(expression)}) TO '{path}' (FORMAT parquet)")
        return path

    return write


@pytest.mark.parametrize("expression", NESTED)
def test_columns_of_no_single_values_are_refused_by_name(parquet, expression):
    path = parquet(expression)
    text = rf"got {NESTED[expression]} in column 'my {{c}}' of data.parquet: .* --drop 'my {{c}}' \(drop='my {{c}}'\)"
    for roles in ({}, {"drop_missing": True}, {"target": "my {c}"}):
        with pytest.raises(ValueError, match="^load_file needs numbers, text or truth values in every column, " + text):
            load_file(path, **roles)
    x, y = load_file(path, drop="my {c}")
    assert_array_equal(x[:, 0], np.arange(1, 30) % 5)
    assert_array_equal(y[:, 0], np.arange(1, 30) ** 2 % 11 + 0.5)


@pytest.mark.parametrize("expression", SINGLE)
def test_columns_of_single_values_are_read(parquet, expression):
    assert_array_equal(load_file(parquet(expression))[0][:, 1], SINGLE[expression])


@pytest.mark.parametrize("expression", NESTED)
def test_relations_with_such_columns_are_refused_too(expression):
    with duckdb.connect() as database, pytest.raises(ValueError, match=r"^from_frame needs .* in column 'my {c}' of"):
        from_frame(database.sql(query(expression)))


def test_ids_of_a_type_of_their_own_are_left_out_as_text(parquet):
    assert load_file(parquet("uuid()"))[0].shape == (29, 1)
