"""Arrays beside inputs and targets: masks and weights are used or said not to be, and errors name the file that they are about."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deeplinear.data.arrays import read_arrays
from deeplinear.data.roles import Roles

X = np.arange(12.0).reshape(4, 3) ** 2
Y = np.array([1.5, -2.0, 3.0, 0.25])
SECOND = np.arange(4) == 1


@pytest.fixture
def saved(tmp_path):
    def save(name="data.npz", **arrays):
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return save


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        (
            "mask",
            SECOND,
            "mask not read, so no value counts as masked",
        ),  # one value for each example, not for each cell
        ("x_mask", np.zeros(X.shape, int), "x_mask not read, so no value counts as masked"),
        ("y_mask", np.zeros((4, 2), bool), "y_mask not read, so no value counts as masked"),
        ("train_mask", SECOND, "train_mask not read, so no value counts as masked"),
        ("sample_weight", Y, "sample_weight not read, so all examples count alike"),
        ("weights", Y, "weights not read, so all examples count alike"),
        ("W", Y, "W not read, so all examples count alike"),
        ("extra", Y, "extra not read"),
    ],
)
def test_what_is_not_used_is_said_beside_the_targets_and_in_a_file_of_their_own(saved, name, array, said):
    x, y, columns = read_arrays(saved(x=X, y=Y, **{name: array}), Roles())
    assert_array_equal(x, X)
    assert_array_equal(y[:, 0], Y)
    assert columns.notes == (said,)
    path = saved("inputs.npz", x=X)
    targets = saved("targets.npz", y=Y, **{name: array})
    if name == "mask":  # of as many values as there are targets: theirs
        return
    x, y, columns = read_arrays(path, Roles(y=str(targets)))
    assert columns.notes == ("targets from targets.npz", said.replace(name, f"{name} in targets.npz", 1))
    path = saved("inputs.npz", x=X, **{name: array})
    found = read_arrays(path, Roles(x="x", y=str(saved("targets.npz", y=Y))))[2].notes
    assert found == ("targets from targets.npz", said)


def test_several_unused_arrays_are_listed_by_file(saved):
    path = saved("inputs.npz", x=X, a=Y, b=Y, weights=Y)
    targets = saved("targets.npz", y=Y, c=Y, d=Y)
    notes = read_arrays(path, Roles(x="x", y=str(targets)))[2].notes
    assert notes == (
        "targets from targets.npz",
        "a, b not read",
        "weights not read, so all examples count alike",
        "c, d in targets.npz not read",
    )


@pytest.mark.parametrize("name", ["mask", "y_mask", "mask_y"])
@pytest.mark.parametrize("labels", [Y, np.array(["a", "b", "b", "a"]), np.array([True, False, False, True])])
def test_a_mask_of_targets_counts_in_a_file_of_their_own_and_for_labels(saved, name, labels):
    path, targets = saved("inputs.npz", x=X), saved("targets.npz", y=labels, **{name: SECOND})
    with pytest.raises(
        ValueError, match=r"a missing one in row 1 of y of targets.npz, and missing values in 1 of 4 rows"
    ):
        read_arrays(path, Roles(y=str(targets)))
    x, y, columns = read_arrays(path, Roles(y=str(targets), drop_missing=True))
    assert_array_equal(x, X[~SECOND])
    assert f"{name} masks 1 value of y" in columns.notes
    if labels is Y:
        assert_array_equal(y[:, 0], Y[~SECOND])
    else:
        assert len(columns.classes) == 2
        assert_array_equal(y.sum(axis=1), 1)


def test_a_mask_of_records_masks_whole_examples(tmp_path):
    table = np.array([(1.0, 2.0, 0.5), (2.0, 3.0, 0.25), (4.0, 5.0, 8.0)], dtype=[(name, "f8") for name in "abt"])
    np.savez(tmp_path / "data.npz", table=table, mask=np.array([False, True, False]))
    x, y, _ = read_arrays(tmp_path / "data.npz", Roles(drop_missing=True))
    assert_array_equal(x, [[1, 2], [4, 5]])
    assert_array_equal(y[:, 0], [0.5, 8])


NAN = np.where(SECOND, np.nan, Y)


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        (X, NAN, r"a missing one in row 1 of y of targets.npz"),
        (np.where(X == 1, np.nan, X), Y, r"a missing one in row 0, column 1 of x of inputs.npz"),
        (X, np.where(SECOND, np.inf, Y), r"got inf in row 1 of y of targets.npz"),
        (np.where(X == 1, np.inf, X), Y, r"got inf in row 0, column 1 of x of inputs.npz"),
        (X, Y[:2], r"got x \(4 × 3, float64\) in inputs.npz and y \(2, float64\) in targets.npz: each row"),
        (X, np.array(3.0), r"targets for every example, got a single value in y of targets.npz"),
        (np.array(3.0), Y, r"inputs for every example, got a single value in x of inputs.npz"),
        (X, Y[:0], r"got y \(0, float64\) in targets.npz: it is empty"),
        (X, Y.astype("M8[s]"), r"got dates .* in y of targets.npz"),
        (X.astype(str), Y, r"got text .* in x of inputs.npz"),
        (X, Y * 1j, r"got complex ones .* in y of targets.npz"),
        (X, np.array(["1/2/20", "1/2/20", "3/2/20", "3/2/20"]), r"class labels in y of targets.npz, got text"),
    ],
)
def test_an_error_about_one_of_two_files_names_it(saved, x, y, text):
    path, targets = saved("inputs.npz", x=x), saved("targets.npz", y=y)
    with pytest.raises(ValueError, match=r"^load_file needs .*" + text) as raised:
        read_arrays(path, Roles(y=str(targets)))
    other = "inputs.npz" if "targets.npz" in text else "targets.npz"
    assert other in text or other not in str(raised.value)


def test_missing_inputs_are_seen_where_both_arrays_have_the_same_name(saved):
    path, targets = saved("inputs.npz", a=np.where(X == 1, np.nan, X)), saved("targets.npz", a=Y)
    with pytest.raises(ValueError, match=r"a missing one in row 0, column 1 of a of inputs.npz"):
        read_arrays(path, Roles(y=str(targets)))


def test_nothing_is_left_of_two_files(saved):
    path, targets = saved("inputs.npz", x=X), saved("targets.npz", y=np.full(4, np.nan))
    with pytest.raises(ValueError, match=r"got inputs.npz and targets.npz with one in each of 4 rows"):
        read_arrays(path, Roles(y=str(targets), drop_missing=True))


def test_names_of_classes_lie_beside_the_labels(saved):
    path = saved("inputs.npz", data=X)
    targets = saved("targets.npz", target=np.array([0, 1, 1, 0]), target_names=np.array(["ant", "bee"]))
    assert read_arrays(path, Roles(y=str(targets)))[2].classes == ("ant", "bee")


def test_records_of_a_single_field_have_its_name(saved):
    height = np.array([(value,) for value in X[:, 1]], dtype=[("height", "f8")])
    kind = np.array([(value,) for value in ("ant", "bee", "bee", "ant")], dtype=[("kind", "U3")])
    x, y, columns = read_arrays(saved(x=height, y=kind), Roles())
    assert_array_equal(x, X[:, 1:2])
    assert_array_equal(y, np.eye(2)[[0, 1, 1, 0]])
    assert (columns.features, columns.target, columns.classes) == (("height",), "kind", ("ant", "bee"))
    height["height"][2] = np.nan
    with pytest.raises(ValueError, match=r"a missing one in row 2, column 0 of height of data.npz"):
        read_arrays(saved(x=height, y=kind), Roles())
