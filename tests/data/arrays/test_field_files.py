"""Files of arrays in the shapes that people have: each gives the right value, or one line that says what it is and what to do."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear import Task
from deeplinear.data.arrays import read_arrays
from deeplinear.data.roles import Roles

FIELD = Path(__file__).parents[1] / "field"
BASE = 81.89253461  # largest singular value of the 40 rows a, b, c and the number y, from an SVD of whitened columns


def singular_values(x, y):
    """Of Σ³¹ for white inputs, by an SVD of centred columns: no code of ours."""
    x = x[:, x.std(axis=0) > 0].astype(np.float64)
    directions = np.linalg.svd((x - x.mean(axis=0)) / x.std(axis=0), full_matrices=False)[0]
    s = np.linalg.svd(y.T @ directions * np.sqrt(len(x)), compute_uv=False)
    return s[s > 1e-9 * s[0]]


def check(x, y, s, rtol=1e-8):
    """The task, and a decomposition that shares no code with it, have these singular values."""
    task = Task.from_data(x, y, inputs="white")
    assert_allclose(task.modes.s[: task.rank], s, rtol=rtol)
    assert_allclose(singular_values(x, y), s, rtol=rtol)


@pytest.mark.parametrize(
    ("name", "s", "note"),
    [
        ("X_y.npz", 81.8925346, "arrays X and y were read"),
        ("X_Y.npz", 81.8925346, "arrays X and Y were read"),
        ("data.mat", BASE, "arrays X and y were read"),
        ("big_endian.npz", 81.89253405, ""),
        ("compressed.npz", BASE, ""),
        ("fortran.npz", BASE, ""),
        ("longdouble.npz", BASE, ""),
        ("masked.npz", BASE, ""),
        ("float16.npz", 81.89375595, ""),
        ("float16_big.npz", 81.5334685, ""),
        ("int8_overflow.npz", 13.73115994, ""),
        ("dot.npz", BASE, "feature_names (Python objects) not read"),
        ("x1d.npz", 42.47284893, ""),
        ("complex.npz", BASE, "x is complex with no imaginary part and was read as real"),
        ("transposed.npz", BASE, "examples lie along the last axis of x"),
        ("y_row.npz", BASE, "y is a row and was read as a column"),
        ("records.npz", 42.47284893, ""),
        ("data_target.npz", 9.65210699, "arrays data and target were read"),
        ("labels_int.npz", 9.65210677, ""),
        ("labels_int_col.npz", 9.65210677, ""),
        ("labels_uint8.npz", 9.65210677, ""),
        ("images_labels.npz", 32.84813541, "arrays images and labels were read"),
        ("keras_mnist.npz", 32.84813541, "arrays x_train and y_train were read; x_test, y_test not read"),
    ],
)
def test_read(name, s, note):
    x, y, columns = read_arrays(FIELD / name, Roles())
    assert (len(x), columns.examples, y.shape, columns.kind) == (40, 40, (40, 1), "numbers")
    assert y.dtype == np.float64
    assert note in str(columns)
    if name not in ("images_labels.npz", "keras_mnist.npz"):
        check(x, y, [s], rtol=2e-8)


@pytest.mark.parametrize("name", ["labels_int.npz", "labels_int_col.npz", "labels_uint8.npz", "data_target.npz"])
def test_integer_labels_are_ambiguous_and_the_user_decides(name):
    columns = read_arrays(FIELD / name, Roles())[2]
    assert "holds 3 different whole numbers (0, 1, 2), read as numbers; pass --classes (kind='classes')" in str(columns)
    x, y, columns = read_arrays(FIELD / name, Roles(kind="classes"))
    assert (columns.targets, columns.kind) == (("0", "1", "2"), "classes")
    check(x, y, [8.58471411, 1.21029754], rtol=1e-6)
    x, y, columns = read_arrays(FIELD / name, Roles(kind="numbers"))
    assert "whole numbers" not in str(columns)
    check(x, y, [9.65210677], rtol=1e-6)


def test_text_and_truth_values_are_classes():
    x, y, columns = read_arrays(FIELD / "labels_str.npz", Roles())
    assert str(columns).endswith("target y: 3 classes (ant, bee, cat)")
    check(x, y, [8.58471411, 1.21029754])
    x, y, columns = read_arrays(FIELD / "labels_bool.npz", Roles())
    assert (columns.targets, columns.target, columns.kind) == (("False", "True"), "y", "classes")
    check(x, y, [9.82324405])


def test_images_are_flattened_and_pixels_named_by_their_place():
    stored = np.load(FIELD / "images_labels.npz")
    x, y, columns = read_arrays(FIELD / "images_labels.npz", Roles())
    assert_array_equal(x, stored["images"].reshape(40, 64))
    assert_array_equal(y[:, 0], stored["labels"])
    assert columns.features[10] == "images[:, 1, 2]"
    assert "8 × 8 values of images make 64 features" in columns.notes
    assert_array_equal(
        read_arrays(FIELD / "keras_mnist.npz", Roles())[0],
        np.load(FIELD / "keras_mnist.npz")["x_train"].reshape(40, 64),
    )
    test = read_arrays(FIELD / "keras_mnist.npz", Roles(x="x_test", y="y_test"))
    assert_array_equal(test[0], np.load(FIELD / "keras_mnist.npz")["x_test"].reshape(9, 64))


def test_records_name_the_features():
    columns = read_arrays(FIELD / "records.npz", Roles())[2]
    assert columns.features == ("a", "b")
    assert read_arrays(FIELD / "records.npz", Roles(drop=("a",)))[2].features == ("b",)


def test_missing_rows_are_refused_or_left_out():
    text = (
        r"got a missing one in row 4, column 0 of x of nan.npz, and missing values in 4 of 40 rows: .* --drop-missing"
    )
    with pytest.raises(ValueError, match=text):
        read_arrays(FIELD / "nan.npz", Roles())
    x, y, columns = read_arrays(FIELD / "nan.npz", Roles(drop_missing=True))
    stored = np.load(FIELD / "nan.npz")
    whole = ~np.isnan(stored["x"]).any(axis=1)
    assert_array_equal(x, stored["x"][whole])
    assert_array_equal(y[:, 0], stored["y"][whole])
    assert (columns.examples, "4 rows with missing values dropped" in columns.notes) == (36, True)


def test_a_sparse_matrix_is_made_dense_where_its_targets_are_named(tmp_path):
    np.save(tmp_path / "y.npy", np.load(FIELD / "compressed.npz")["y"])
    x, y, columns = read_arrays(FIELD / "sparse_x.npz", Roles(y=str(tmp_path / "y.npy")))
    assert_array_equal(x, np.load(FIELD / "compressed.npz")["x"])
    check(x, y, [BASE])
    assert "targets from y.npy" in columns.notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "datetime.npz",
            r"real numbers, got dates \(type datetime64\[D\]\) in x .* Turn them into numbers, for example with .astype",
        ),
        (
            "empty.npz",
            "a whole npz file, got an empty file in empty.npz: .* Check that it was written or downloaded whole",
        ),
        (
            "only_x.npz",
            r"inputs and targets, got one array, x \(40 × 3, float32\).* Save both with np.savez\(path, x=x, y=y\), or .* --y FILE",
        ),
        (
            "sparse_x.npz",
            r"got one array, sparse \(40 × 3, float64\), in sparse_x.npz: .* the targets are missing.* --y FILE",
        ),
        ("pickle.npz", r"got a Python pickle in pickle.npz: .* can run code .* np.savez\(path, x=x, y=y\)"),
        ("weights_shape.npz", r"at least one example .* got x \(0 × 3, float64\) in weights_shape.npz: it is empty"),
        (
            "y0d.npz",
            r"got a single value in y of y0d.npz: it has no axis of examples. Save one value or row for each example",
        ),
    ],
)
def test_refused_in_one_line(name, text):
    with pytest.raises(ValueError, match="^load_file needs .*" + text) as raised:
        read_arrays(FIELD / name, Roles())
    assert "\n" not in str(raised.value)


def test_every_file_of_arrays_is_in_a_test():
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{path.name}"' in source for path in FIELD.iterdir() if path.suffix in (".npz", ".mat"))
