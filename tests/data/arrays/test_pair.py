"""Which arrays are inputs and targets, and how their axes are read."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deeplinear.data.arrays import read_arrays
from deeplinear.data.roles import Roles

X = np.arange(12.0).reshape(4, 3) ** 2
Y = np.array([1.5, -2.0, 3.0, 0.25])
N = Roles(kind="numbers")


@pytest.fixture
def saved(tmp_path):
    """Write arrays to an npz file."""

    def save(*unnamed, **named):
        np.savez(tmp_path / "data.npz", *unnamed, **named)
        return tmp_path / "data.npz"

    return save


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("x", "y"), ("X", "y"), ("X", "Y"), ("data", "target"), ("images", "labels"), ("features", "labels"), ("inputs", "targets"),
        ("x_train", "y_train"), ("X_train", "y_train"), ("train_images", "train_labels"), ("trainX", "trainY"), ("xtr", "ytr"),
        ("train_data", "train_target"), ("input", "output"), ("imgs", "label"), ("x", "labels"), ("data", "y"), ("arr_0", "arr_1"),
        ("pictures", "digit"),
    ],
)  # fmt: skip
def test_usual_pairs_are_read_and_named(saved, x, y):
    found = read_arrays(saved(**{y: Y, x: X}), N)
    assert_array_equal(found[0], X)
    assert_array_equal(found[1], Y[:, None])
    notes = () if (x, y) == ("x", "y") else (f"arrays {x} and {y} were read",)
    assert (found[2].notes, found[2].targets, found[2].features[1]) == (notes, (y,), f"{x}[:, 1]")


def test_unnamed_arrays_are_inputs_and_targets_in_the_order_of_savez(saved):
    found = read_arrays(saved(X, Y), N)
    assert_array_equal(found[0], X)
    assert_array_equal(found[1], Y[:, None])


def test_plain_names_come_before_others_and_the_rest_is_said(saved):
    found = read_arrays(saved(x=X, y=Y, X=X + 1, x_test=X, data=X + 2, target=Y), N)
    assert_array_equal(found[0], X)
    assert found[2].notes == ("X, x_test, data, target not read",)
    digits = read_arrays(saved(data=X, images=X.reshape(4, 3, 1), target=Y, target_names=np.array(["a", "b"])), N)
    assert digits[2].notes == ("arrays data and target were read", "images not read")


@pytest.mark.parametrize(
    "names",
    [
        ("X", "x", "Y"),
        ("a", "b", "c"),
        ("images", "labels", "data", "target"),
        ("images", "labels", "features"),
        ("x_train", "y_train", "X_train"),
        ("data", "features", "y"),
        ("x", "y1", "y2"),
    ],
)
def test_what_is_not_plain_is_refused_with_the_names_and_the_options(saved, names):
    path = saved(**{name: X if i % 2 == 0 else Y for i, name in enumerate(names)})
    text = rf"got {len(names)} arrays: {names[0]} \(4 × 3, float64\), .* in data.npz: which are inputs .* --x NAME --y NAME"
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        read_arrays(path, N)
    found = read_arrays(path, Roles(kind="numbers", x=names[0], y=names[1]))
    assert_array_equal(found[0], X)


def test_one_name_is_enough_where_the_other_is_usual(saved):
    path = saved(a=X, y=Y, b=X + 1)
    assert_array_equal(read_arrays(path, Roles(kind="numbers", x="b"))[0], X + 1)
    assert_array_equal(
        read_arrays(saved(x=X, height=Y, width=Y + 1), Roles(kind="numbers", y="width"))[1], Y[:, None] + 1
    )


@pytest.mark.parametrize(
    ("roles", "text"),
    [
        (
            {"x": "z"},
            r"the name of an array in data.npz, got x='z': .* It holds 2 arrays: x \(4 × 3, float64\), y \(4, float64\)",
        ),
        ({"y": "z"}, r"the name of an array in data.npz or of a file, got y='z'"),
        ({"x": "y", "y": "y"}, "two different arrays, got 'y' as inputs and as targets"),
        ({"target": ("a",)}, "no target for arrays, got target='a' .* --y NAME"),
        ({"separator": ";"}, "no separator for arrays, got separator=';'"),
        ({"header": False}, "no header for arrays, got header=False"),
        ({"drop": ("a",)}, r"columns to drop among x\[:, 0\], x\[:, 1\], x\[:, 2\], .*'a' is not there"),
        ({"drop": ("x[:, 0]", "x[:, 1]", "x[:, 2]")}, "nothing would be left"),
    ],
)
def test_roles_that_cannot_be_meant(saved, roles, text):
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        read_arrays(saved(x=X, y=Y), Roles(**roles))


def test_a_column_left_out_as_asked(saved):
    x, _, columns = read_arrays(saved(x=X, y=Y), Roles(drop=("x[:, 1]",)))
    assert_array_equal(x, X[:, [0, 2]])
    assert columns.features == ("x[:, 0]", "x[:, 2]")


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X.T, Y),
        (X.T, Y[None]),
        (X.T, Y[:, None]),
        (X, Y[None]),
        (X[:, :, None], Y),
        (np.moveaxis(X.reshape(4, 3, 1), 0, -1), Y[:, None]),
    ],
)
def test_the_axis_of_examples_is_found(saved, x, y):
    found = read_arrays(saved(x=x, y=y), N)
    assert_array_equal(found[0], X)
    assert_array_equal(found[1], Y[:, None])


def test_targets_of_more_axes_are_flattened(saved):
    x, y, columns = read_arrays(saved(x=X, y=np.arange(24.0).reshape(4, 2, 3)), N)
    assert_array_equal(x, X)
    assert_array_equal(y, np.arange(24.0).reshape(4, 6))
    assert columns.targets[5] == "y[:, 5]"


def test_a_square_array_has_examples_in_rows(saved):
    found = read_arrays(saved(x=X @ X.T, y=Y), N)
    assert_array_equal(found[0], X @ X.T)
    assert found[2].notes == ()


def test_several_targets_in_columns_or_in_rows(saved):
    two = np.stack([Y, Y**2], axis=1)
    for x, y in ((X, two), (X.T, two.T)):
        found = read_arrays(saved(x=x, y=y), N)
        assert_array_equal(found[1], two)
        assert found[2].targets == ("y[:, 0]", "y[:, 1]")


@pytest.mark.parametrize(("x", "y"), [(np.ones((4, 5)), Y[:3]), (X, np.ones((2, 2))), (X, np.ones((1, 3, 2)))])
def test_numbers_of_examples_that_disagree(saved, x, y):
    with pytest.raises(
        ValueError, match=r"as many targets as inputs, got x \(4 × \d, float64\) and y \(.*float64\) in data.npz"
    ):
        read_arrays(saved(x=x, y=y), N)


def test_names_in_the_file_are_used(saved):
    names = {"feature_names": np.array(["length", "width", "mass"]), "target_names": np.array(["ant", "bee"])}
    _, y, columns = read_arrays(saved(data=X, target=np.array([0, 1, 1, 0]), **names), Roles())
    assert_array_equal(y, np.eye(2)[[0, 1, 1, 0]])
    assert (columns.features, columns.targets, columns.target) == (
        ("length", "width", "mass"),
        ("ant", "bee"),
        "target",
    )
    assert "classes of target are named in the file" in columns.notes
    two = read_arrays(saved(x=X, y=np.stack([Y, Y**2], axis=1), **names), Roles())[2]
    assert (two.targets, two.kind) == (("ant", "bee"), "numbers")
    assert read_arrays(saved(data=X, target=np.array([0, 1, 1, 0]), **names), N)[2].kind == "numbers"


def test_labels_of_bytes_and_numbers_as_text(saved):
    assert read_arrays(saved(x=X, y=np.array([b"no ", b"yes", b"no", b"yes"])), Roles())[2].classes == ("no", "yes")
    assert_array_equal(read_arrays(saved(x=X, y=np.array(["1.5", "-2", "3", ".25"])), Roles())[1][:, 0], Y)
    with pytest.raises(ValueError, match=r"text can only be classes. Leave out --numbers"):
        read_arrays(saved(x=X, y=np.array(["a", "b", "a", "b"])), N)
    with pytest.raises(
        ValueError,
        match=r"numbers or class labels in y of data.npz, got text such as '1/2/20': it is a date. .* --classes",
    ):
        read_arrays(saved(x=X, y=np.array(["1/2/20", "1/2/20", "3/2/20", "3/2/20"])), Roles())
    with pytest.raises(ValueError, match="look like names or ids"):
        read_arrays(saved(x=X, y=np.array(["a", "b", "c", "d"])), Roles())
    with pytest.raises(ValueError, match=r"several columns are several targets. Leave out --classes"):
        read_arrays(saved(x=X, y=X), Roles(kind="classes"))
    with pytest.raises(ValueError, match="only one column of text can be classes"):
        read_arrays(saved(x=X, y=X.astype(str).astype("U3") + np.full((4, 3), "a")), Roles())


def test_labels_that_are_missing(saved):
    path = saved(x=X, y=np.array(["no", "NA", "yes", "no"]))
    with pytest.raises(ValueError, match=r"a missing one in row 1 of y of data.npz, and missing values in 1 of 4 rows"):
        read_arrays(path, Roles())
    x, y, columns = read_arrays(path, Roles(drop_missing=True))
    assert_array_equal(x, X[[0, 2, 3]])
    assert_array_equal(y, np.eye(2)[[0, 1, 0]])
    assert columns.classes == ("no", "yes")


def test_a_masked_cell_is_missing(saved):
    mask = np.zeros(X.shape, bool)
    mask[2, 1] = True
    for file in ({"x_mask": mask}, {"mask": mask}, {}):
        x = np.where(mask, -999.0, X) if file else np.ma.masked_array(X, mask).filled()
        path = saved(x=x, y=Y, **file)
        with pytest.raises(ValueError, match="a missing one in row 2, column 1 of x"):
            read_arrays(path, N)
        found = read_arrays(path, Roles(kind="numbers", drop_missing=True))
        assert_array_equal(found[0], X[[0, 1, 3]])
        assert_array_equal(found[1][:, 0], Y[[0, 1, 3]])
        assert any("masks 1 value of x" in note or "equal to 1e+20" in note for note in found[2].notes)
    assert_array_equal(read_arrays(saved(x=X * 1e20, y=Y), N)[0], X * 1e20)  # no fill: others are as large
    large = np.where(X == 1, 1e20, X * 1e17)
    assert_array_equal(read_arrays(saved(x=large, y=Y), N)[0], large)
    with pytest.raises(ValueError, match="a missing one in row 3 of y"):
        read_arrays(saved(x=X, y=Y, y_mask=np.array([False, False, False, True])), N)


@pytest.mark.parametrize("kind", ["u1", "i8", "f4", "?", ">f4", ">i2"])
def test_precision_stays_that_of_the_file(saved, kind):
    x = read_arrays(saved(x=(X > 5).astype(kind), y=Y), N)[0]
    assert x.dtype == np.dtype(kind).newbyteorder("=")
    assert_array_equal(x, X > 5)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (X * (1 + 1j), r"real numbers, got complex ones \(type complex128\) in x .* np.hstack\(\[x.real, x.imag\]\)"),
        (np.where(X > 5, np.inf, X), "finite numbers, got inf in row 1, column 0 of x"),
        (np.full(X.shape, np.nan), "one in each of 4 rows: nothing is left"),
        (X.astype(str), r"real numbers, got text \(type str\d+\) in x"),
        (X.astype("m8[s]"), r"got durations \(type timedelta64\[s\]\) in x .* np.timedelta64\(1, 's'\)"),
        (X.astype("V8"), "got raw bytes"),
        (X.astype(object), r"numbers or text, got Python objects in x .* never opened. Save numbers as floats and text with .astype\(str\)"),
    ],
)  # fmt: skip
def test_inputs_that_are_no_numbers(saved, x, text):
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        read_arrays(saved(x=x, y=Y), Roles(drop_missing=bool(np.isnan(x).all() if x.dtype.kind == "f" else False)))


def test_a_table_of_records(tmp_path):
    table = np.array([(1.0, 2, 0.5), (2.0, 3, 0.25), (4.0, 5, 8.0)], dtype=[("a", "f8"), ("b", "i4"), ("c", "f8")])
    np.save(tmp_path / "table.npy", table)
    x, y, columns = read_arrays(tmp_path / "table.npy", Roles())
    assert_array_equal(x, [[1, 2], [2, 3], [4, 5]])
    assert_array_equal(y[:, 0], table["c"])
    assert (columns.features, columns.targets) == (("a", "b"), ("c",))
    x, y, columns = read_arrays(tmp_path / "table.npy", Roles(target=("a",)))
    assert (columns.features, columns.targets) == (("b", "c"), ("a",))
    assert_array_equal(y[:, 0], table["a"])
    with pytest.raises(ValueError, match=r"target fields among a, b, c, .* 'd' is not there"):
        read_arrays(tmp_path / "table.npy", Roles(target=("d",)))
