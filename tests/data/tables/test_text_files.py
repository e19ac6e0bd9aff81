"""How text is cut into rows and cells: separators, headers, quotes, encodings, and files that are no tables."""

import gzip
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deeplinear.data import from_file, load_file
from deeplinear.data.files import read_file
from deeplinear.data.roles import Roles


def refused(path, text, **roles):
    with pytest.raises(ValueError, match="^load_file needs .*" + text) as raised:
        load_file(path, **roles)
    assert "\n" not in str(raised.value)


def rows_of(path, **roles):
    x, y = load_file(path, **roles)
    return np.hstack([x, y]).tolist()


def test_a_spreadsheet(written):
    """Byte-order mark, Windows line ends, quotes, blanks, capital ending."""
    x, y = load_file(written('\ufeff"a" , "b, c",label\r\n 1e-3,"2", x\r\n-4,+5,"y"\r\n-4,+6,"y"\r\n', "DATA.CSV"))
    assert_array_equal(x, [[1e-3, 2.0], [-4.0, 5.0], [-4.0, 6.0]])
    assert_array_equal(y, [[1, 0], [0, 1], [0, 1]])


RANDOM = np.random.default_rng(0).normal(size=(150, 2)).round(3)
LINES = ["a,b,kind", *(f"{a},{b},{'red' if i % 2 else 'blue'}" for i, (a, b) in enumerate(RANDOM))]


@pytest.mark.parametrize("row", [1, 61, 149, 150])
def test_a_stray_quote_swallows_no_rows(written, row):
    lines = [*LINES]
    lines[row] = lines[row].replace(",red", ',"red').replace(",blue", ',"blue')
    refused(written("\n".join(lines) + "\n"), rf"quotes in pairs .* on line {row + 1} of data.csv")


def test_two_stray_quotes_swallow_no_rows(written):
    lines = [*LINES]
    lines[61], lines[90] = lines[61].replace(",blue", ',"blue').replace(",red", ',"red'), lines[90] + '"'
    refused(
        written("\n".join(lines) + "\n"),
        "one row on each line, got 121 rows from 150 lines of data.csv: the cell that begins",
    )


def test_a_quoted_number_that_is_cut_at_the_end_is_no_number(written):
    text = "a,b\n" + "".join(f'"{i}.5","{i * 2}.25"\n' for i in range(5))
    assert rows_of(written(text))[-1] == [4.5, 8.25]
    refused(written(text[:-3]), "quotes in pairs .* on line 6")


def test_quotes_inside_cells_are_text(written):
    x, _ = load_file(written('a,size,y\n1,5" nail,2\n2,6" nail,3\n3,5" nail,5\n4,"6"" nail",4\n'))
    assert_array_equal(x[:, 1], [0, 1, 0, 1])


def test_cells_of_several_lines_only_where_they_are_dropped(written):
    path = written('a,note,y\n1,"first\nsecond",2\n2,short,3\n4,"x\n\ny",5\n')
    refused(path, "one row on each line, got 3 rows from .* begins with 'first' in column 'note', row 1")
    assert rows_of(path, drop="note") == [[1, 2], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a,b,c\n1,2,3\n\n4,5\n", "3 cells in each row, as in the first ones, got 2 on line 4 of data.csv"),
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n", "3 cells in each row, .* got 2 on line 3"),
        ('a,b,c\n1,2,"3"\n4,5\n6,7,8\n', "3 cells in each row, .* got 2 on line 3"),
        ("a,b\n1,2\n1,2,3\n", "2 cells in each row, .* got 3 on line 3"),
        ("# made by hand\n\na,b\n1,2\n1,2,3\n", "2 cells in each row, .* got 3 on line 5"),
        ("# made by hand\na,b\n1,2\n# between\n1,2,3\n", "2 cells in each row, .* got 3 on line 5"),
        ("", "a header and at least one row, got an empty file"),
        (" \n\n", "got an empty file"),
        ("# only\n# comments\n", "got only comments"),
        ("a,b\n", "got a single line"),
        ("a,b,a\n1,2,3\n", "differ, got 'a' more than once"),
        ("a,b\n1,2\n\nnan,3\n", "got 'nan' in column 'a', line 4"),
        ("a,b\ninf,2\n3,4\n", "got 'inf' in column 'a', line 2 .* infinite"),
        ("a,b\n1e400,2\n3,4\n", "got '1e400' in column 'a', line 2 .* too large for float64"),
        ("a,b,c\n1,red,2\n3,4,5\n", "got 'red' in column 'b', line 2 of data.csv: it is text among numbers"),
        ("a,b\n1,2\n2,x\n", "got 'x' in column 'b', line 3 .* Correct the cell, or pass --classes"),
        (
            "a,b,c\n1,x,2\n2,y,4\n",
            "numbers in target column 'b', got 'x', line 2",
        ),
        ("name,1.5,setosa\n1,2,3\n4,5,6\n", "names or data on the first line, got 'name' .* and '1.5' .* --no-header"),
        (b"a,b\n\xff\xfe,2\n", "text in utf-8, got the byte 0xff in data.csv, about line 2"),
        (b"a,b\n1\x002,2\n", "a NUL byte in data.csv, line 2"),
        ('{"a": [1, 2]}', "got JSON"),
        ("[[1, 2], [3, 4]]", "got JSON"),
        ("<?xml version='1.0'?>", "an XML document"),
        ("% iris\n@RELATION iris\n", "an ARFF file"),
    ],
)
def test_refuses(written, content, text):
    refused(written(content), text, **({"target": ["b", "c"]} if "column 'b', got 'x'" in text else {}))


@pytest.mark.parametrize("kind", ["plain", "gz", "comments", "latin-1", "quotes"])
def test_lines_are_counted_in_the_user_s_file(written, kind):
    text = "a,b,y\n" + "".join(f"{i},{i * i},{i % 3}.5\n" for i in range(20)) + "1,oh,2\n"
    text = {"comments": "# x\n# y\n" + text, "quotes": text.replace("3.5", '"3.5"')}.get(kind, text)
    content = gzip.compress(text.encode()) if kind == "gz" else text.encode(kind if kind == "latin-1" else "utf-8")
    path = written(content, "data.csv.gz" if kind == "gz" else "data.csv")
    refused(
        path,
        f"got 'oh' in column 'b', line {24 if kind == 'comments' else 22}",
        encoding="latin-1" if kind == "latin-1" else None,
    )


@pytest.mark.parametrize("cut", [20, 60, -4])
def test_a_broken_gz_is_refused(written, cut):
    whole = gzip.compress("\n".join(LINES).encode())
    refused(written(whole[:cut], "data.csv.gz"), "a whole file, got data.csv.gz, which cannot be decompressed")


def test_gz_of_several_parts(written):
    text = "\n".join(LINES) + "\n"
    x, _ = load_file(written(gzip.compress(text[:500].encode()) + gzip.compress(text[500:].encode()), "data.gz"))
    assert_array_equal(x, RANDOM)


@pytest.mark.parametrize(
    ("content", "roles", "rows"),
    [
        ("1,2\n3,4\n5,9\n", {}, [[1, 2], [3, 4], [5, 9]]),
        ("1,2\n3,4\n5,9\n", {"header": True}, [[3, 4], [5, 9]]),
        ("a,b\n1,2\n3,4\n", {}, [[1, 2], [3, 4]]),
        ("year,2019,2020\n1,2,3\n4,5,7\n", {"target": "2020"}, [[1, 2, 3], [4, 5, 7]]),
        ("0,1,2,3\n1.5,2,3,4\n4,5,6,8\n", {}, [[1.5, 2, 3, 4], [4, 5, 6, 8]]),
        ("0,1,2,3\n1.5,2,3,4\n4,5,6,8\n", {"header": False}, [[0, 1, 2, 3], [1.5, 2, 3, 4], [4, 5, 6, 8]]),
        (",0,1,2,3\n0,1.5,2,3,4\n1,4,5,6,8\n2,1,2,3,9\n", {}, [[1.5, 2, 3, 4], [4, 5, 6, 8], [1, 2, 3, 9]]),
        (
            '"a" "b" "y"\n"1" 1.5 2 3\n"2" 4 5 6\n"3" 1 2 9\n',
            {},
            [[1.5, 2, 3], [4, 5, 6], [1, 2, 9]],
        ),  # R's write.table
        ("  1.5   2\t3\n 4 5   6\n", {}, [[1.5, 2, 3], [4, 5, 6]]),
        ("a;b\n1,5;2\n3;4,25\n", {}, [[1.5, 2], [3, 4.25]]),
        ("1,5;2,5\n3,5;4,25\n5,5;1,5\n", {}, [[1.5, 2.5], [3.5, 4.25], [5.5, 1.5]]),
        ("a:b\n1:2\n3:4\n", {"separator": ":"}, [[1, 2], [3, 4]]),
        ("a,b\n1,2\n\n \n3,4\n,\n\n", {}, [[1, 2], [3, 4]]),
        ("a,b\r\n1,2\n3,4\r\n", {}, [[1, 2], [3, 4]]),
        ("a,b\n1,2\n3,4", {}, [[1, 2], [3, 4]]),
        ("\ufeff1,2\n3,4\n5,9\n", {}, [[1, 2], [3, 4], [5, 9]]),
    ],
)
def test_dialects(written, content, roles, rows):
    assert rows_of(written(content), **roles) == rows


@pytest.mark.parametrize("first", ["#ff0000", "#1", "%5", "//x", "# note"])
def test_rows_that_begin_like_comments_are_rows(written, first):
    """Unless there are comments before the table, no row is skipped."""
    path = written(f"colour,a,y\n{first},1,2\nblue,2,3\n{first},3,5\nblue,4,9\n")
    assert len(rows_of(path)) == 4
    path = written(f"a,b,y\n1,2,3\n{first}\n4,5,7\n")
    refused(path, "3 cells in each row, .* got 1 on line 3")


def test_comments_between_rows_are_counted(written):
    _, _, columns = read_file(written("# rig 7\na,y\n1,2\n# pause\n2,3\n4,4\n"), Roles())
    assert (columns.examples, columns.notes) == (3, ("1 comment line between rows skipped",))


def test_letters_without_a_header(written):
    """Text above text is data if it comes again below, as in tables of letters."""
    body = "p,x,s\ne,x,s\np,b,y\ne,b,s\np,x,y\ne,x,y\n"
    _, y, columns = read_file(written(body), Roles(target=("column 1",)))
    assert (columns.examples, columns.targets) == (6, ("e", "p"))
    _, y, columns = read_file(written("class,shape,color\n" + body), Roles())
    assert (columns.examples, columns.target, y[:, 1].tolist()) == (6, "class", [1, 0, 1, 0, 1, 0])


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252", "cp437", "shift_jis"]
)
def test_encodings(written, encoding):
    name = "größe" if encoding != "shift_jis" else "高さ"
    text = f"{name},b,kind\n1,2,x\n2,5,y\n3,4,x\n5,6,y\n"
    marked = encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
    _, _, columns = read_file(written(text.encode(encoding)), Roles(encoding=None if marked else encoding))
    assert columns.features == (name, "b")
    assert any(note == f"encoding {encoding}" for note in columns.notes) == (not encoding.startswith("utf-8"))


def test_unknown_encodings(written):
    for name in ("klingon", "hex"):
        refused(written("a,b\n1,2\n"), f"an encoding that Python knows, got encoding={name!r}", encoding=name)


@pytest.mark.parametrize("count", [2000, 2001, 30_000])
def test_many_columns_are_quick(written, count):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, count)).round(3)
    rows = [",".join(f"g{i}" for i in range(count)), *(",".join(map(str, row)) for row in values)]
    path = written("\n".join(rows) + "\n")
    begun = time.process_time()
    x, y = load_file(path)
    assert time.process_time() - begun < 10
    assert_array_equal(np.hstack([x, y]), values)
    path.write_text("\n".join([rows[0], rows[1], rows[2].rsplit(",", 1)[0], rows[3]]))
    refused(path, f"{count} cells in each row, .* got {count - 1} on line 3")


def test_many_quoted_columns(written):
    count = 2500
    rows = [
        ",".join(f'"g{i}"' for i in range(count)),
        *(",".join(f'"{i + j}"' for i in range(count)) for j in (1, 2, 5)),
    ]
    x, y = load_file(written("\n".join(rows) + "\n"))
    assert_array_equal(np.hstack([x, y]), np.arange(count) + np.array([[1], [2], [5]]))


def test_what_would_not_fit_is_refused_before_it_is_read(written, monkeypatch):
    from deeplinear.data.tables import duck

    monkeypatch.setattr(duck, "MOST_BYTES", 1000)
    refused(written("a,b\n" + "1,2\n" * 100), "at most 0 GiB for the numbers of a table, got 101 rows of 2 columns")


def test_no_file_is_left_behind(written, monkeypatch, tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    path = written("# x\na,b\n1,2\n3,4\n5,7\n")
    assert len(rows_of(path)) == 3
    path.write_text("# x\na,b\n1,2\n3,4,5\n")
    refused(path, "2 cells in each row")
    assert list(folder.iterdir()) == []
    assert {entry.name for entry in tmp_path.iterdir()} == {"temporary", "data.csv"}


def test_missing_files_and_folders(tmp_path):
    refused(tmp_path / "none.csv", "a file, got '.*none.csv': there is none")
    (tmp_path / "folder.csv").mkdir()
    refused(tmp_path / "folder.csv", "it is a folder")


def test_a_middling_file_takes_no_time(written):
    values = np.random.default_rng(0).integers(0, 256, (2000, 200))
    path = written("\n".join([",".join(f"p{i}" for i in range(200)), *(",".join(map(str, row)) for row in values)]))
    begun = time.process_time()
    x, y = load_file(path)
    assert time.process_time() - begun < 2  # 0.2 s alone; 400 000 cells as Python objects take longer
    assert_array_equal(np.hstack([x, y]), values)


def test_the_first_line_of_scikit_learn_counts_features_that_are_there(written):
    """A header of numbers that counts something else is no such line."""
    path = written("3,2,ant,bee\n1,2,0\n3,4,1\n5,6,1\n")
    task = from_file(path, inputs="raw")
    assert (task.class_names, task.examples) == (("ant", "bee"), 3)
    assert Path(path).exists()


LONG = "x" * 140_000  # more than Python's reader of csv takes in a cell


@pytest.mark.parametrize(("separator", "row"), [(",", 2), (" ", 2), (" ", 402), (";", 0)])
def test_a_cell_that_is_too_long_is_one_sentence(written, separator, row):
    """In the first rows, which say how a file is written, and in any row that is aligned by blanks."""
    rows = [f"{i},{i * i % 7},{LONG if i == row else i % 3}".replace(",", separator) for i in range(500)]
    path = written("\n".join(["a,b,t".replace(",", separator), *rows]) + "\n")
    with pytest.raises(
        ValueError, match=r"^load_file needs cells of at most 131072 characters, got a longer one in data"
    ):
        load_file(path)


def test_a_long_cell_in_a_later_row_is_read(written):
    rows = [f"{i},{LONG if i == 402 else 'y'},{i % 3}" for i in range(500)]
    x, _ = load_file(written("\n".join(["a,b,t", *rows]) + "\n"), drop="b")
    assert x[402, 0] == 402
