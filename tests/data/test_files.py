"""The user's own files: whatever they are, they give the task of their data, or one line that says what is wrong."""

import csv
import io
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear import Task
from deeplinear.data import from_file, load_file
from deeplinear.data.files import read_file
from deeplinear.data.roles import Roles
from deeplinear.report.predict import predict


def archive(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def test_from_file_is_from_data(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.standard_normal((20, 2))
    (tmp_path / "data.npz").write_bytes(archive(x=x, y=y))
    rows = [",".join(map(repr, row)) for row in np.hstack([x, y]).tolist()]
    (tmp_path / "data.csv").write_text("\n".join(["a,b,c,d,e", *rows]))
    for path, roles in ((tmp_path / "data.npz", {}), (tmp_path / "data.csv", {"target": ["d", "e"]})):
        assert_array_equal(load_file(str(path), **roles)[0], x)
        assert_array_equal(load_file(path, **roles)[1], y)
        for inputs in ("raw", "centred", "white"):
            for reduction in ("sum", "mean"):
                one = from_file(path, inputs=inputs, reduction=reduction, **roles)
                found = Task.from_data(x, y, inputs=inputs, reduction=reduction).modes.s
                assert_allclose(one.modes.s, found, rtol=CLOSED_FORM)
        assert_array_equal(from_file(path, **roles).modes.s, from_file(path, inputs="white", **roles).modes.s)


def written(path, values, labels, names=None):
    rows = [f"{','.join(map(repr, row))},{label}" for row, label in zip(values.tolist(), labels, strict=True)]
    path.write_text("\n".join([",".join([*(names or []), "kind"])] * (names is not None) + rows) + "\n")
    return path


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
@pytest.mark.parametrize("labels", ["text", "integers", "no header"])
def test_the_data_sets_of_scikit_learn_as_csv(tmp_path, name, labels):
    from sklearn import datasets

    found = getattr(datasets, f"load_{name}")()
    kinds = [f"no. {kind}" if name == "digits" else str(found.target_names[kind]) for kind in found.target]
    cells = kinds if labels == "text" else found.target.tolist()
    names = None if labels == "no header" else list(found.feature_names)
    path = written(tmp_path / f"{name}.csv", found.data, cells, names)
    x, y, columns = read_file(path, Roles(kind=None if labels == "text" else "classes"))
    assert_array_equal(x, found.data)
    order = (
        np.argsort(np.array(kinds)[np.unique(found.target, return_index=True)[1]]) if labels == "text" else slice(None)
    )
    assert_array_equal(y, np.eye(len(found.target_names))[found.target][:, order])
    assert columns.features == tuple(names or [f"column {i + 1}" for i in range(x.shape[1])])


def test_breast_cancer(tmp_path):
    """Published numbers of this data set, from least squares and SVD on scaled columns."""
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    path = written(tmp_path / "cancer.csv", found.data, found.target_names[found.target], list(found.feature_names))
    task = from_file(path)
    assert (task.n_in, task.class_names) == (30, ("benign", "malignant"))
    assert task.modes.s[0] == pytest.approx(342.3565, abs=5e-5)
    assert task.floor == pytest.approx(181.5053, abs=5e-5)
    assert predict(task).best_rate == pytest.approx(0.001460, abs=5e-7)
    assert from_file(path, inputs="raw").floor == pytest.approx(32.0307, abs=5e-5)
    assert from_file(path, inputs="centred").floor == pytest.approx(181.5053, abs=5e-5)


@pytest.mark.parametrize("scale", [1e5, 1e7])
def test_units_of_a_column(tmp_path, scale):
    x = np.random.default_rng(0).normal(size=(40, 4)) * [1, 1, scale, 1]
    y = x @ [1, -1, 1 / scale, 2]
    path = tmp_path / "units.csv"
    path.write_text(
        "a,b,c,d,y\n" + "".join(",".join(map(repr, row)) + "\n" for row in np.column_stack([x, y]).tolist())
    )
    assert from_file(path).n_in == 4
    assert from_file(path, inputs="raw").floor == pytest.approx(0, abs=1e-20)


cells = st.one_of(
    st.floats(-1e6, 1e6).map(repr),
    st.sampled_from(
        ["", "nan", "inf", "red", "blue", " 7 ", "1e400", "0x10", "١", "NA", '"', "a,b", "1,5", "#1", "1_000", "x\ny"]
    ),
)


@settings(deadline=None, max_examples=120)
@given(rows=st.lists(st.lists(cells, min_size=1, max_size=4), max_size=5), header=st.integers(1, 4))
def test_any_table_is_read_or_refused_in_one_line(tmp_path_factory, rows, header):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    names = ["a", "b", "c", "d"][:header]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])
    try:
        x, y, columns = read_file(path, Roles())
    except ValueError as error:
        assert str(error).startswith("load_file needs ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
    assert len(x) == len(y) == columns.examples == sum(any(cell.strip(" ,;|\t") for cell in row) for row in rows)
    for name, values in zip(columns.features, x.T, strict=True):
        if name in names and not any("mark" in note for note in columns.notes):
            assert_array_equal(values, [float(row[names.index(name)]) for row in rows if any(map(str.strip, row))])


@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=200), name=st.sampled_from(["data.csv", "data.npz", "data.txt.gz", "data.parquet"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content, name):
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(content)
    try:
        load_file(path)
    except ValueError as error:
        assert str(error).startswith("load_file needs ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017


TABLE = b"a,b,kind\n1.25,2,ant\n3.5,4,bee\n5,6.5,ant\n7,8,bee\n"


@settings(deadline=None, max_examples=100)
@given(at=st.integers(0, len(TABLE) - 1), value=st.integers(0, 255))
def test_a_flipped_byte_loses_no_row(tmp_path_factory, at, value):
    content = bytearray(TABLE)
    content[at] = value
    path = Path(tmp_path_factory.mktemp("bytes")) / "data.csv"
    path.write_bytes(bytes(content))
    try:
        x, _ = load_file(path)
    except ValueError as error:
        assert str(error).startswith("load_file needs ")  # noqa: PT017
    else:
        lines = bytes(content).replace(b"\r", b"\n").split(b"\n")
        assert len(x) in (len([line for line in lines if line.strip()]) - 1, 4)
        assert math.isfinite(x.sum())


def test_other_refusals(tmp_path):
    for name in ("none.csv", "none.npz"):
        with pytest.raises(ValueError, match=rf"^load_file needs a file, got '.*{name}': there is none"):
            load_file(tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match="it is a folder"):
        load_file(tmp_path / "folder.csv")


@pytest.fixture
def saved(tmp_path):
    """Write bytes to a file of that name."""

    def save(content, name):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return save


def test_npz(saved):
    x, y = np.arange(6.0).reshape(3, 2), np.array([1, 2, 4])
    found = load_file(saved(archive(x=x, y=y, other=x), "data.npz"))
    assert_array_equal(found[0], x)
    assert_array_equal(found[1], y[:, None])
    assert found[1].dtype == np.float64


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
def test_npz_refuses(saved, content, text):
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        from_file(saved(content, "data.npz"))


def test_npz_of_the_wrong_shape_is_refused(saved):
    with pytest.raises(ValueError, match=r"^load_file needs as many targets as inputs, got x \(3 × 3, .* y \(2 × 2"):
        from_file(saved(archive(x=np.eye(3), y=np.eye(2)), "data.npz"))
    with pytest.raises(
        ValueError, match=r"^load_file needs at least one example and one number in each, got x \(0 × 2"
    ):
        from_file(saved(archive(x=np.zeros((0, 2)), y=np.zeros((0, 2))), "data.npz"))
    with pytest.raises(ValueError, match="a missing one in row 1, column 0 of x"):
        from_file(saved(archive(x=np.array([[1.0], [np.nan]]), y=np.ones(2)), "data.npz"))


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
