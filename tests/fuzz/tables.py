"""Cases of tables: text that is right in every usual dialect, odd text, damaged text, and parquet."""

from __future__ import annotations

import functools
import random
import tempfile
from pathlib import Path

import numpy as np
from tests.fuzz.case import Case, equals, maybe_task, mutate, numbers

NUMBERS = [
    "0", "1", "-1", "2.5", "1e3", "1e-300", "1e300", "1e308", "1e309", "0x10", "nan", "NaN", "inf", "-inf", "Infinity", "1_000", "1,5", "1.",
    "  3 ", ".5", "+4", "--1", "1e", "١", "1\u00a0", "1d5", "true", "True", "", "NA", "N/A", "?", "null", "None", "-", "1/2", "50%", "$5",
    "1 000", "2020-01-01", "12:30", "1e-5", "3", "4", "5", "6.25",
]  # fmt: skip
TEXTS = [
    "red",
    "blue",
    "a b",
    "é",
    "日本",
    "\U0001f600",
    "x\u0000y",
    "\u202e",
    "a\nb",
    'q"q',
    "'",
    "\\",
    "=1+1",
    "a,b",
    "nan",
    "",
    " ",
    "inf",
    "na",
]
NAMES = [
    "a",
    "b",
    "c",
    "d",
    "x",
    "y",
    "a",
    "",
    "1",
    "2.5",
    "nan",
    "é",
    "a b",
    'q"',
    "a,b",
    "\ufeff",
    "A",
    "a ",
    "line\nbreak",
    "\u0000",
]


def quoted(cell: str, separator: str, *, always: bool) -> str:
    """A cell, in quotes where it needs them or always."""
    return '"' + cell.replace('"', '""') + '"' if always or any(mark in cell for mark in f'{separator}"\r\n') else cell


def clean(rng: random.Random) -> tuple[list[list[str]], np.ndarray, np.ndarray]:
    """Rows of a right table, with its header, and its inputs and targets."""
    draw, rows, columns = numbers(rng), rng.choice([4, 6, 10, 30]), rng.choice([1, 2, 3, 5])
    x = draw.normal(size=(rows, columns)) * rng.choice([1.0, 100.0, 1e-3])
    header = [f"{rng.choice(['length', 'width', 'c'])}_{column}" for column in range(columns)] + ["target"]
    if rng.random() < 0.4:
        classes = rng.choice([["ant", "bee"], ["ant", "bee", "cat"], ["Iris setosa", "Iris virginica"]])
        codes = np.arange(rows) % len(classes) if rows >= 2 * len(classes) else np.arange(rows) % 2
        y, labels = np.eye(codes.max() + 1)[codes], [classes[code] for code in codes]
    else:
        values = draw.normal(size=rows)
        y, labels = values[:, None], [repr(float(value)) for value in values]
    return (
        [header, *([*(repr(float(value)) for value in row), label] for row, label in zip(x, labels, strict=True))],
        x,
        y,
    )


def written(rows: list[list[str]], rng: random.Random) -> str:
    """The rows as text, in one of the usual dialects."""
    separator, end, always = (
        rng.choice([",", ",", ",", ";", "\t", "|"]),
        rng.choice(["\n", "\n", "\r\n"]),
        rng.random() < 0.2,
    )
    lines = [separator.join(quoted(cell, separator, always=always) for cell in row) for row in rows]
    return end.join(lines) + (end if rng.random() < 0.8 else "")


def csv(rng: random.Random) -> Case:
    """A right table, which has to be read as it is; or an odd one."""
    if rng.random() < 0.5:
        rows, x, y = clean(rng)
        content = rng.choice([b"", b"", b"", b"\xef\xbb\xbf"]) + written(rows, rng).encode()
        return Case(
            {rng.choice(["data.csv", "data.csv", "data.txt"]): content},
            check=equals(x, y),
            right=True,
            task=maybe_task(rng),
        )
    columns, rows_count = rng.choice([1, 2, 3, 4, 8]), rng.choice([0, 1, 2, 3, 5, 10, 30])
    header = [rng.choice(NAMES) if rng.random() < 0.4 else f"c{i}" for i in range(columns)]
    texts, odd = rng.random() < 0.4, rng.choice([0.0, 0.05, 0.35])
    body = []
    for _ in range(rows_count):
        count = columns if rng.random() < 0.95 else rng.choice([0, 1, columns - 1, columns + 1])
        body.append(
            [rng.choice(NUMBERS) if rng.random() < odd else repr(round(rng.gauss(0, 3), 3)) for _ in range(count)]
        )
        if texts and body[-1]:
            body[-1][-1] = rng.choice(TEXTS[: rng.choice([2, 2, 19])])
    content = written([header, *body], rng).encode(
        rng.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16", "latin-1", "utf-32"]), "replace"
    )
    if rng.random() < 0.3:
        content = mutate(content, rng)
    target = (
        rng.choice([header[0], header[-1], header[:1], header[-2:], [], "zz", header, ""])
        if rng.random() < 0.25
        else None
    )
    options: dict[str, object] = {} if target is None else {"target": target}
    for name, value in (
        ("kind", "classes"),
        ("drop_missing", True),
        ("header", False),
        ("separator", ";"),
        ("decimal", ","),
        ("encoding", "latin-1"),
        ("drop", "c0"),
    ):
        if rng.random() < 0.06:
            options[name] = value
    return Case({"data.csv": content}, options, task=maybe_task(rng))


def damaged_csv(rng: random.Random) -> Case:
    """A right table with a stray quote, or cut short: what is read of it has to be what stands there, row by row."""
    rows, x, _ = clean(rng)
    text = written(rows, rng)
    at = rng.randrange(len(text) + 1)
    if rng.random() < 0.5:
        content = text[:at] + '"' + text[at:]
        lines = len(x)
    else:
        content = text[:at]
        lines = max(0, len(content.splitlines()) - 1)

    def check(found_x: np.ndarray, found_y: np.ndarray) -> str:
        if len(found_x) != lines and len(found_x) != lines - (at < len(text) and lines < len(x)):
            return f"{len(found_x)} of {lines} rows"
        whole = min(len(found_x), lines) - 1  # the last line may be cut
        if found_x.shape[1] == x.shape[1] and whole > 0 and not np.array_equal(found_x[:whole], x[:whole]):
            return "x has other values"
        return ""

    return Case({"data.csv": content.encode()}, check=check, task=maybe_task(rng))


@functools.cache
def parquet_files() -> list[tuple[bytes, np.ndarray, np.ndarray]]:
    """A few right files, with their inputs and targets; written once."""
    import duckdb

    found = []
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        for number, codec in enumerate(("uncompressed", "snappy", "zstd", "gzip")):
            rows = 20 + number
            x = np.random.default_rng(number).normal(size=(rows, 3))
            y = np.random.default_rng(number + 9).normal(size=(rows, 1))
            path = Path(folder, f"{number}.parquet")
            # as texts: DuckDB before 2 rounds the number in a decimal literal twice
            values = ", ".join(
                str((*map(str, row.tolist()), str(float(target[0])))) for row, target in zip(x, y, strict=True)
            )
            connection.execute(
                f"copy (select a::double as a, b::double as b, c::double as c, d::double as d from (values {values}) as t(a, b, c, d)) to '{path}' (format parquet, codec {codec})"
            )
            found.append((path.read_bytes(), x, y))
    return found


def parquet(rng: random.Random) -> Case:
    """A parquet file, right or damaged."""
    content, x, y = rng.choice(parquet_files())
    if rng.random() < 0.2:
        return Case({"data.parquet": content}, check=equals(x, y), right=True, task=maybe_task(rng))
    return Case({"data.parquet": mutate(content, rng)}, task=maybe_task(rng))
