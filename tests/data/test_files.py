"""The user's own files: what they give, and one clear line for each way they can be wrong."""

import csv
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear import Task
from deeplinear.data import from_file, load_file

FLOWERS = "length,width,weight,kind\n5.1,3.5,2,setosa\n6.2,2.9,3,virginica\n\n5.9,3.0,4,setosa\n"


@pytest.fixture
def written(tmp_path):
    """Write text or bytes to a file of that ending."""

    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def archive(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def test_csv_text_in_the_last_column_becomes_one_hot(written):
    x, y = load_file(written(FLOWERS))
    assert_array_equal(x, [[5.1, 3.5, 2.0], [6.2, 2.9, 3.0], [5.9, 3.0, 4.0]])
    assert_array_equal(y, [[1, 0], [0, 1], [1, 0]])


@pytest.mark.parametrize("target", ["width", ["width"], ("width",)])
def test_csv_one_target_of_numbers(written, target):
    x, y = load_file(
        written(FLOWERS.replace(",kind", "").replace(",setosa", "").replace(",virginica", "")), target=target
    )
    assert_array_equal(x, [[5.1, 2.0], [6.2, 3.0], [5.9, 4.0]])
    assert_array_equal(y, [[3.5], [2.9], [3.0]])


def test_csv_several_targets_in_the_order_asked_for(written):
    x, y = load_file(written("a,b,c\n1,2,3\n4,5,6\n"), target=["c", "a"])
    assert_array_equal(x, [[2.0], [5.0]])
    assert_array_equal(y, [[3.0, 1.0], [6.0, 4.0]])


def test_csv_of_a_spreadsheet(written):
    """Byte-order mark, Windows line ends, quotes, spaces, capital ending."""
    content = '\ufeff"a" , "b, c",label\r\n 1e-3,"2", x\r\n-4,+5,"y"\r\n'
    x, y = load_file(written(content, "DATA.CSV"))
    assert_array_equal(x, [[1e-3, 2.0], [-4.0, 5.0]])
    assert_array_equal(y, np.eye(2))


def test_npz(written):
    x, y = np.arange(6.0).reshape(3, 2), np.array([1, 2, 4])
    found = load_file(written(archive(x=x, y=y, other=x), "data.npz"))
    assert_array_equal(found[0], x)
    assert_array_equal(found[1], y[:, None])
    assert found[1].dtype == np.float64


def test_from_file_is_from_data(written):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.standard_normal((20, 2))
    path = written(archive(x=x, y=y), "data.npz")
    for inputs in ("raw", "centred", "white"):
        for reduction in ("sum", "mean"):
            one = from_file(path, inputs=inputs, reduction=reduction)
            assert_array_equal(one.modes.s, Task.from_data(x, y, inputs=inputs, reduction=reduction).modes.s)
    assert_array_equal(from_file(str(path)).modes.s, from_file(path, inputs="white").modes.s)


@pytest.mark.parametrize(
    ("content", "options", "text"),
    [
        ("", {}, "a header and at least one row, got an empty file in data.csv"),
        ("a,b\n", {}, "got a single line"),
        ("1,2\n3,4\n", {}, "a header, got only numbers on the first line .* Put a line with column names"),
        ("a,b,a\n1,2,3\n", {}, "differ, got 'a' more than once"),
        ("a,b,c\n1,2,3\n\n4,5\n", {}, "3 cells in each row, as in the header, got 2 on line 4"),
        ("a,b\n1,2\n1,2,3\n", {}, "2 cells in each row, as in the header, got 3 on line 3"),
        ("a,b\n1,2\n,3\n", {}, "got '' in column 'a', line 3"),
        ("a,b\n1,2\n\nnan,3\n", {}, "got 'nan' in column 'a', line 4"),
        ("a,b\ninf,2\n", {}, "got 'inf' in column 'a', line 2"),
        ("a,b\n1_000,2\n", {}, "got '1_000' in column 'a', line 2"),
        ("a,b,c\n1,red,2\n", {}, "got 'red' in column 'b', line 2 of data.csv: .* or name the column as the target"),
        ("a,b\n1,2\n2,\n", {}, "got '' in column 'b', line 3 .* Use numbers in every row"),
        ("a,b\n1,2\n2,nan\n", {}, "got 'nan' in column 'b', line 3"),
        ("a,b\n1,2\n2,x\n", {}, "got 'x' in column 'b', line 3 .* text in every row"),
        ("a,b\n1,red\n2,\n", {}, "a label in every row, got '' in column 'b', line 3"),
        ("a,b\n1,red\n2,NaN\n", {}, "a label in every row, got 'NaN' in column 'b', line 3"),
        ("a,b,c\n1,x,2\n", {"target": ["b", "c"]}, "got 'x' in column 'b', line 2"),
        ("a,b\n1,2\n", {"target": "d"}, r"target columns among \['a', 'b'\].* got target='d': 'd' is not there"),
        ("a,b\n1,2\n", {"target": []}, "one side would be empty"),
        ("a,b\n1,2\n", {"target": ["a", "b"]}, "one side would be empty"),
        ("a\n1\n", {}, "one side would be empty"),
        (b"a,b\n\xff\xfe,2\n", {}, "a text table, got data.csv: 'utf-8' codec"),
    ],
)
def test_csv_refuses(written, content, options, text):
    with pytest.raises(ValueError, match="^load_file needs .*" + text) as raised:
        from_file(written(content), **options)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "got an empty file in data.npz"),
        (b"x,y\n1,2\n", "got something else or a truncated file"),
        (archive(x=np.eye(3), y=np.eye(3))[:-30], "truncated file"),
        (archive(x=np.eye(3)), r"inputs and targets, got one array, x \(3 × 3, float64\), .* the targets are missing"),
        (archive(a=np.eye(3)), r"got one array, a \(3 × 3, float64\)"),
        (archive(x=np.array(["a", "b"]), y=np.eye(2)), r"real numbers, got text \(type str32\) in x"),
        (archive(x=np.eye(2) * 1j, y=np.eye(2)), "real numbers, got complex ones .type complex128. in x"),
        (archive(x=np.array([None, 1]), y=np.eye(2)), "arrays of numbers or text, got Python objects in x"),
    ],
)
def test_npz_refuses(written, content, text):
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        from_file(written(content, "data.npz"))


def test_npz_of_the_wrong_shape_is_refused(written):
    with pytest.raises(ValueError, match=r"^load_file needs as many targets as inputs, got x \(3 × 3, .* y \(2 × 2"):
        from_file(written(archive(x=np.eye(3), y=np.eye(2)), "data.npz"))
    with pytest.raises(
        ValueError, match=r"^load_file needs at least one example and one number in each, got x \(0 × 2"
    ):
        from_file(written(archive(x=np.zeros((0, 2)), y=np.zeros((0, 2))), "data.npz"))
    with pytest.raises(ValueError, match="a missing one in row 1, column 0 of x"):
        from_file(written(archive(x=np.array([[1.0], [np.nan]]), y=np.ones(2)), "data.npz"))


def test_other_refusals(tmp_path, written):
    for name in ("none.csv", "none.npz"):
        with pytest.raises(ValueError, match=rf"^load_file needs a file, got '.*{name}': there is none"):
            load_file(tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match="there is none"):
        load_file(tmp_path / "folder.csv")
    with pytest.raises(ValueError, match=r"a \.npz or \.csv file, got 'data.xlsx'"):
        load_file(written("a", "data.xlsx"))
    with pytest.raises(ValueError, match="no target for npz, got target='y'"):
        load_file(written(archive(x=np.eye(2), y=np.eye(2)), "data.npz"), target="y")


numbers = st.floats(-1e6, 1e6).map(repr)
cells = st.one_of(
    numbers, st.sampled_from(["", "nan", "inf", "red", "blue", " 7 ", "1e400", "0x10", "١", "NA", '"', "a,b"])
)


@settings(deadline=None, max_examples=150)
@given(rows=st.lists(st.lists(cells, min_size=1, max_size=4), max_size=5), header=st.integers(1, 4))
def test_any_table_is_read_or_refused_in_one_line(tmp_path_factory, rows, header):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["a", "b", "c", "d"][:header], *rows])
    try:
        x, y = load_file(path)
    except ValueError as error:
        assert str(error).startswith("load_file needs ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
    assert x.shape == (len(rows), header - 1)
    assert_array_equal(x, [[float(cell) for cell in row[:-1]] for row in rows])


@settings(deadline=None, max_examples=150)
@given(content=st.binary(max_size=200), name=st.sampled_from(["data.csv", "data.npz"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content, name):
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(content)
    try:
        load_file(path)
    except ValueError as error:
        assert str(error).startswith("load_file needs ")  # noqa: PT017


@settings(deadline=None, max_examples=100)
@given(at=st.integers(0, 600), value=st.integers(0, 255))
def test_a_flipped_byte_never_ends_in_a_traceback(tmp_path_factory, at, value):
    content = bytearray(archive(x=np.eye(3), y=np.arange(3.0)))
    content[at % len(content)] = value
    path = tmp_path_factory.mktemp("bytes") / "data.npz"
    path.write_bytes(bytes(content))
    try:
        x, y = load_file(path)
    except ValueError as error:
        assert str(error).startswith("load_file needs ")  # noqa: PT017
    else:
        assert_allclose(x, np.eye(3))
        assert y.shape == (3, 1)


def test_an_encrypted_or_odd_archive_is_refused(tmp_path):
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", b"not an array")
        file.writestr("y.npy", b"not an array")
    with pytest.raises(ValueError, match=r"^load_file needs"):
        load_file(path)
