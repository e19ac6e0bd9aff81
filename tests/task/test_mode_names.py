"""Names of modes: correlations with the features as NumPy computes them, and words that neither units nor rounding change."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import datasets

from deeplinear import Task
from deeplinear.task.columns import Columns
from deeplinear.task.mode_names import tied_modes
from deeplinear.task.mode_names.contrast import contrast
from deeplinear.task.mode_names.largest import by_size, large, one_line, signed_list

CLASSES = ("ant", "bee", "cat", "dog")


def classes_of(name, inputs="white", scale=1.0):
    """A data set of scikit-learn, its classes one-hot, as a csv file of it is read."""
    found = getattr(datasets, f"load_{name}")()
    names = tuple(str(each) for each in found.target_names)
    columns = Columns(len(found.data), tuple(map(str, found.feature_names)), names, "classes", "kind")
    return replace(Task.from_data(found.data * scale, np.eye(len(names))[found.target], inputs=inputs), columns=columns)


def correlated(seed=0):
    """Examples of features in very different units, two of them nearly the same and one constant."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((60, 5)) * [1.0, 1e-4, 1e5, 3.0, 0.0] + [0.0, 1.0, 2e6, 5.0, 4.0]
    x[:, 3] += 3e-4 * x[:, 2]
    return x, rng.standard_normal((60, 3)) @ np.diag([3.0, 1.0, 0.2]) + np.outer(x[:, 0], [2.0, -1.0, 0.5])


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("inputs", ["white", "centred"])
def test_loadings_are_correlations_with_the_input_of_each_mode(inputs, reduction):
    x, y = correlated()
    task = Task.from_data(x, y, inputs=inputs, reduction=reduction)
    z = Task.from_data(x, y, inputs="centred", reduction=reduction).whitening() if inputs == "white" else np.eye(5)
    seen = (x - x.mean(axis=0)) @ z.T @ task.modes.v
    varying = [np.corrcoef(x[:, f], seen[:, mode])[0, 1] for f in range(4) for mode in range(3)]
    np.testing.assert_allclose(task.loadings[:4], np.reshape(varying, (4, 3)), rtol=0, atol=1e-9)
    assert (task.loadings[4] == 0).all()
    assert task.loadings.shape == (5, 3)


def test_loadings_of_raw_inputs_are_cosines_over_the_examples():
    x, y = correlated()
    task = Task.from_data(x, y)
    seen = x @ task.modes.v
    cosines = (x / np.linalg.norm(x, axis=0)).T @ (seen / np.linalg.norm(seen, axis=0))
    np.testing.assert_allclose(task.loadings, cosines, rtol=0, atol=1e-12)


def test_loadings_are_for_the_features_after_any_whitening():
    x, y = correlated()
    centred = Task.from_data(x, y, inputs="centred")
    once, cut = centred.whitened(), centred.whitened(cutoff=0.05)
    twice = once.whitened(variance=3.0)
    assert cut.n_in < once.n_in
    np.testing.assert_allclose(np.abs(twice.loadings), np.abs(once.loadings), rtol=0, atol=1e-9)
    seen = (x - x.mean(axis=0)) @ centred.whitening(cutoff=0.05).T @ cut.modes.v[:, 0]
    np.testing.assert_allclose(cut.loadings[:4, 0], [np.corrcoef(x[:, f], seen)[0, 1] for f in range(4)], atol=1e-9)


def test_a_white_task_of_very_many_features_has_no_loadings_and_no_names(monkeypatch):
    monkeypatch.setattr("deeplinear.task.STRUCTURE", 4 * 5)
    x, y = correlated()
    assert Task.from_data(x, y, inputs="white").loadings is not None
    monkeypatch.setattr("deeplinear.task.STRUCTURE", 4 * 5 - 1)
    wide = Task.from_data(x, y, inputs="white")
    assert wide.loadings is None
    assert wide.mode_names == wide.whitened().mode_names == ()


def test_a_task_without_names_has_loadings_and_no_mode_names():
    task = Task.from_correlations(np.diag([4.0, 1.0]), [[1.0, 0.0], [0.0, 0.9]])
    np.testing.assert_allclose(np.abs(task.loadings), np.eye(2), atol=1e-12)
    assert task.mode_names == ()


def test_iris_as_a_botanist_knows_it():
    """The petals tell setosa from the others; among these, versicolor has the narrower sepals."""
    assert [str(name) for name in classes_of("iris").mode_names] == [
        "less petal length (cm), petal width (cm), sepal length (cm) → setosa against the rest",
        "less sepal width (cm) → versicolor against the rest",
    ]


def test_wine_and_breast_cancer():
    assert [str(name) for name in classes_of("wine").mode_names] == [
        "less proline, alcohol → class_1 against class_0",
        "less od280/od315_of_diluted_wines, flavanoids, hue and 3 more → class_2 against the rest",
    ]
    (cancer,) = classes_of("breast_cancer").mode_names
    assert str(cancer) == (
        "worst concave points, worst perimeter, mean concave points and 12 more → malignant against benign"
    )
    assert (cancer.more_features, cancer.mixed_with) == (12, ())
    assert [name for name, _ in cancer.targets] == ["malignant", "benign"]


def test_digits():
    """Nine modes of 64 pixels: the first tells fours and sixes, whose left is dark, from twos, threes and nines."""
    names = classes_of("digits").mode_names
    assert len(names) == 9
    assert str(names[0]) == "pixel_4_1, pixel_4_2, less pixel_0_2 and 6 more → 4, 6 against 3, 2, 9"
    assert str(names[8]).endswith(" → 8 against 9, 6")


def test_raw_inputs_learn_what_all_classes_have_in_common_first():
    assert str(classes_of("iris", "raw").mode_names[0]).endswith(" and 1 more → all classes")


@pytest.mark.parametrize("inputs", ["white", "centred"])
def test_names_and_numbers_agree(inputs):
    """Means of features and classes on the side that the name speaks of are what the signs say."""
    found, task = datasets.load_iris(), classes_of("iris", inputs)
    for mode, name in enumerate(task.mode_names):
        loadings, weights = task.loadings[:, mode], task.modes.u[:, mode]
        sign = np.sign(weights[np.argmax(np.abs(weights))])
        first = task.target_names.index(name.targets[0][0])
        for feature, loading in name.features:
            column = task.feature_names.index(feature)
            np.testing.assert_allclose(loading, sign * loadings[column], rtol=1e-12)
            x = found.data[:, column]
            higher = x[found.target == first].mean() - x[found.target != first].mean()
            assert np.sign(loading) == np.sign(higher)
        for target, weight in name.targets:
            np.testing.assert_allclose(weight, sign * weights[task.target_names.index(target)], rtol=1e-12)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_units_change_no_word(name):
    plain = classes_of(name)
    scale = 10.0 ** np.resize([5, 0, -5], len(plain.feature_names))
    assert [str(each) for each in classes_of(name, scale=scale).mode_names] == [str(each) for each in plain.mode_names]


def numeric(weights, loadings=((1.0,), (0.1,))):
    """A task of uncorrelated features whose single mode has these loadings and these weights of numeric targets."""
    v, u = np.ravel(loadings) / np.linalg.norm(loadings), np.ravel(weights) / np.linalg.norm(weights)
    task = Task.from_correlations(np.eye(len(v)), np.outer(u, v))
    return replace(task, columns=Columns(9, ("height", "age")[: len(v)], ("mass", "speed", "cost")[: len(u)]))


@pytest.mark.parametrize(
    ("weights", "loadings", "words"),
    [
        ((1.0,), (1.0, 0.1), "height → mass"),
        ((1.0,), (-1.0, 0.1), "less height → mass"),
        ((-1.0,), (1.0, 0.9), "less height, age → mass"),
        ((1.0,), (0.9, -1.0), "height, less age → mass"),
        ((1.0, -0.9), (1.0, 0.1), "height → mass, less speed"),
        ((-1.0, 0.9), (1.0, 0.1), "less height → mass, less speed"),
        ((0.3, 1.0, 0.8), (1.0, 0.1), "height → speed, cost"),
        ((1.0, -1.0), (-1.0, 0.1), "height → speed, less mass"),  # targets tie: the loading is positive
    ],
)
def test_numeric_targets_have_signs(weights, loadings, words):
    (name,) = numeric(weights, loadings).mode_names
    assert str(name) == words
    assert max(weight for _, weight in name.targets) > 0
    assert name.record()["name"] == words
    assert name.record()["features"][0] == {"name": name.features[0][0], "loading": name.features[0][1]}
    assert name.record()["targets"][0] == {"name": name.targets[0][0], "weight": name.targets[0][1]}


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ((3, -1, -1, -1), "ant against the rest"),
        ((1, 1, -1, -1), "ant, bee against cat, dog"),
        ((1, 0, -1, 0), "ant against cat"),
        ((2, 2, -4, 0), "cat against ant, bee"),
        ((1, 1, 1, -3), "dog against the rest"),
        ((5, 4, -9, 0.1), "cat against ant, bee"),
        ((2, 3, 3, 4), "all classes"),
        ((1, 2, 3, 4), "dog, cat, bee"),
        ((5, 5, 0, 0), "ant, bee"),
        ((8, 1, -1, 1), "ant"),
    ],
)
def test_groups_of_classes(weights, words):
    weights = np.array(weights) / np.linalg.norm(weights)
    weights = weights if weights[np.argmax(np.abs(weights))] > 0 else -weights
    positions, found = contrast(CLASSES, weights)
    assert found == words
    shaken = weights + 1e-12 * np.random.default_rng(0).standard_normal(4)
    assert contrast(CLASSES, shaken) == (positions, found)


def test_groups_of_classes_fit_better_than_any_other():
    """The two groups have the largest cosine with the weights, found here by trying all."""
    from itertools import product

    rng = np.random.default_rng(1)
    for _ in range(20):
        weights = rng.standard_normal(5)
        weights -= weights.mean()
        weights /= np.linalg.norm(weights) * np.sign(weights[np.argmax(np.abs(weights))])
        best = max(product((-1, 0, 1), repeat=5), key=lambda signs: cosine(signs, weights))
        positions, words = contrast(tuple("abcde"), weights)
        alone = cosine(np.where(np.arange(5) == np.argmax(weights), 1, -1), weights)
        assert ("against the rest" in words and alone**2 >= 0.9) or set(np.flatnonzero(best)) in (
            set(positions),
            set(range(5)),
        )


def cosine(signs, weights):
    """Of the weights with 1/p on one group and −1/n on the other."""
    signs = np.array(signs)
    if not (signs > 0).any():
        return -1.0
    template = (signs > 0) / (signs > 0).sum() - (signs < 0) / max(1, (signs < 0).sum())
    return template @ weights / np.linalg.norm(template)


def test_many_classes_are_counted():
    weights = np.array([1.0] * 5 + [-1.0] * 5) / np.sqrt(10)
    names = [f"k{i}" for i in range(10)]
    assert contrast(names, weights)[1] == "k0, k1, k2 and 2 more against the rest"
    assert contrast([*names, "z"], np.append(weights, 0.0))[1] == (
        "k0, k1, k2 and 2 more against k5, k6, k7 and 2 more"
    )


def test_ties_go_by_position_whatever_rounding_says():
    weights = np.array([0.5, 1.0, -1.0, 1.0, 2 / 3])
    for seed in range(5):
        shaken = weights * (1 + 1e-13 * np.random.default_rng(seed).standard_normal(5))
        assert by_size(shaken) == [1, 2, 3, 4, 0]
        assert large(shaken) == [1, 2, 3, 4]
        assert signed_list("abcde", shaken, large(shaken)) == "b, d, less c and 1 more"


def test_modes_of_one_singular_value_share_a_name():
    """Any rotation of two such modes is as good: their name does not depend on the one that an SVD happens to give."""
    columns = Columns(8, ("a", "b", "c"), ("x", "y", "z"))
    names = []
    for angle in (0.0, 0.4, 1.1):
        turn = np.eye(3)
        turn[1:, 1:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        s31 = turn @ np.diag([2.0, 1.0, 1.0]) @ turn.T
        names.append(
            [str(each) for each in replace(Task.from_correlations(np.eye(3), s31), columns=columns).mode_names]
        )
    assert names[0] == ["a → x", "b, c → y, z (mixed with mode 3)", "b, c → y, z (mixed with mode 2)"]
    assert names[1] == names[2] == names[0]
    assert tied_modes(np.array([2.0, 1.0, 1.0 - 1e-7])) == [[0], [1], [2]]
    assert tied_modes(np.array([2.0, 1.0, 1.0 - 1e-12])) == [[0], [1, 2]]


def test_names_are_one_line_of_bearable_length():
    assert one_line(["two\nlines", "x" * 100]) == f"two lines, {'x' * 39}…"
