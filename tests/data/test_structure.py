"""Items on graphs: what is drawn, and its spectrum against the dense Laplacian."""

import inspect
import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear import data
from deeplinear.data import (
    cluster,
    cluster_spectrum,
    field,
    field_spectrum,
    ordering,
    ordering_spectrum,
    ring,
    ring_spectrum,
    tree,
    tree_spectrum,
)

FEATURES = 40_000
STRUCTURES = ("ring", "ordering", "cluster", "tree", "field")


def ring_edges(items):
    return items, range(items), [(i, (i + 1) % items) for i in range(items)]


def row_edges(items):
    return items, range(items), [(i, i + 1) for i in range(items - 1)]


def group_edges(sizes):
    ends = np.cumsum([0, *sizes])
    pairs = [itertools.combinations(range(a, b), 2) for a, b in itertools.pairwise(ends)]
    return ends[-1], range(ends[-1]), [pair for group in pairs for pair in group]


def tree_edges(levels, branching):
    """Nodes named by the path that leads to them."""
    paths = [p for n in range(levels + 1) for p in itertools.product(range(branching), repeat=n)]
    name = {path: i for i, path in enumerate(paths)}
    tips = [name[p] for p in paths if len(p) == levels]
    return len(paths), tips, [(name[p], name[p[:-1]]) for p in paths if p]


def covariance(graph, sigma):
    """Of the items over one feature: the inverse of the precision, summed edge by edge from its quadratic form."""
    nodes, items, edges = graph
    precision = np.eye(nodes) / sigma**2
    for i, j in edges:
        difference = np.zeros(nodes)
        difference[i], difference[j] = 1, -1
        precision += np.outer(difference, difference)
    return np.linalg.inv(precision)[np.ix_(list(items), list(items))]


CASES = [
    (ring, ring_spectrum, {"items": 3}, ring_edges(3)),
    (ring, ring_spectrum, {"items": 8}, ring_edges(8)),
    (ring, ring_spectrum, {"items": 9}, ring_edges(9)),
    (ordering, ordering_spectrum, {"items": 1}, row_edges(1)),
    (ordering, ordering_spectrum, {"items": 7}, row_edges(7)),
    (cluster, cluster_spectrum, {"sizes": [3, 3, 3]}, group_edges([3, 3, 3])),
    (cluster, cluster_spectrum, {"sizes": (1, 5, 2)}, group_edges([1, 5, 2])),
    (tree, tree_spectrum, {"levels": 0}, tree_edges(0, 2)),
    (tree, tree_spectrum, {"levels": 1}, tree_edges(1, 2)),
    (tree, tree_spectrum, {"levels": 4}, tree_edges(4, 2)),
    (tree, tree_spectrum, {"levels": 3, "branching": 3}, tree_edges(3, 3)),
]


@pytest.mark.parametrize("sigma", [0.1, 1.0, 7.0])
@pytest.mark.parametrize(("make", "spectrum", "shape", "graph"), CASES)
def test_spectrum_is_that_of_the_covariance(make, spectrum, shape, graph, sigma):
    expected = np.linalg.eigvalsh(covariance(graph, sigma))[::-1]
    found = spectrum(**shape, features=10, sigma=sigma)
    assert_allclose(found**2 / 10, expected, rtol=CLOSED_FORM)
    assert (np.diff(found) <= 0).all()


@pytest.mark.parametrize(("make", "spectrum", "shape", "graph"), CASES)
def test_samples_have_the_covariance(make, spectrum, shape, graph):
    task = make(**shape, features=FEATURES, sigma=1.5, rng=1)
    y = task.input_output_correlation
    expected = covariance(graph, 1.5)
    assert_array_equal(task.input_correlation, np.eye(len(expected)))
    errors = np.sqrt((np.outer(np.diag(expected), np.diag(expected)) + expected**2) / FEATURES)
    assert (np.abs(y.T @ y / FEATURES - expected) < 5 * errors).all()
    assert (np.abs(y.mean(axis=0)) < 5 * np.sqrt(np.diag(expected) / FEATURES)).all()


@pytest.mark.parametrize(("make", "spectrum", "shape", "graph"), CASES)
def test_singular_values_approach_the_spectrum(make, spectrum, shape, graph):
    """A sampled eigenvalue has relative sd √(2/F); ties split by as much, and repel by (items/F)."""
    found = make(**shape, features=FEATURES, rng=0).modes.s
    expected = spectrum(**shape, features=FEATURES)
    assert_allclose(found / expected, 1, rtol=5 / np.sqrt(2 * FEATURES) * np.sqrt(len(found)))


def test_long_rings_and_rows_keep_their_digits():
    """``2 − 2 cos`` cancels for long waves; 50-digit arithmetic does not."""
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(50):
        wave = 2 - 2 * mpmath.cos(2 * mpmath.pi / 4001)
        half = 2 - 2 * mpmath.cos(mpmath.pi / 4001)
        printed = [float(1 / mpmath.sqrt(x + mpmath.mpf(10) ** -20)) for x in (wave, half)]
    found = [f(items=4001, features=1, sigma=1e10)[1] for f in (ring_spectrum, ordering_spectrum)]
    assert_allclose(found, printed, rtol=CLOSED_FORM)


def test_group_means_do_not_depend_on_size_and_differences_do():
    s = cluster_spectrum(sizes=[2, 8], features=1, sigma=3.0)
    assert_allclose(s, [3, 3, (2 + 1 / 9) ** -0.5, *[(8 + 1 / 9) ** -0.5] * 7], rtol=CLOSED_FORM)


def test_groups_through_a_hidden_node():
    """Kemp & Tenenbaum's partition: a larger group has a stronger mode, as its items agree on one hidden value."""
    hidden = np.zeros((9, 9))
    hidden[0, 2:4] = hidden[1, 4:] = 1
    s = field_spectrum(hidden + hidden.T, features=1, sigma=2.0, items=np.arange(2, 9))
    k = 0.25  # eliminating the hidden node leaves each of m items k + m-th part of its pull: k ← g + k/(m + k)
    assert_allclose(np.sort(s[:2] ** -2), np.sort([k + k / (m + k) for m in (2, 5)]), rtol=CLOSED_FORM)
    task = field(hidden + hidden.T, features=30, sigma=2.0, items=np.arange(2, 9), rng=0)
    assert (task.n_in, task.n_out) == (7, 30)


def test_weights_of_edges_count():
    edges = np.array([[0, 2.5], [2.5, 0]])
    assert_allclose(field_spectrum(edges, features=1, sigma=1.0), [1, 6**-0.5], rtol=CLOSED_FORM)


def test_first_modes_show_the_structure():
    """A row is sorted, a ring is a circle, groups are constant, a tree parts in two."""
    v = ordering(items=12, features=FEATURES, rng=0).modes.v
    assert len(set(np.sign(np.diff(v[:, 1])))) == 1
    v = ring(items=12, features=FEATURES, rng=0).modes.v[:, 1:3]
    assert_allclose(np.hypot(*v.T), np.sqrt(2 / 12), rtol=0.15)  # two waves of one length, mixed by sampling
    v = cluster(sizes=[5, 3], features=FEATURES, rng=0).modes.v[:, :2]
    assert max(np.ptp(v[:5], axis=0).max(), np.ptp(v[5:], axis=0).max()) < 0.05
    v = tree(levels=3, features=FEATURES, rng=0).modes.v[:, 1]
    assert_array_equal(np.sign(v) * np.sign(v[0]), [1] * 4 + [-1] * 4)


def test_seeds():
    one, two, other = (
        ring(items=5, features=9, rng=r).input_output_correlation for r in (0, np.random.default_rng(0), 1)
    )
    assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("ring", {"items": 2}, r"ring needs a whole number 3 <= items <= 8192, got items=2: fewer make no ring. Pass"),
        ("ring", {"items": 5.5}, r"got items=5.5"),
        ("ordering", {"items": 0}, r"ordering needs a whole number 1 <= items <= 8192, got items=0"),
        ("cluster", {"sizes": []}, r"cluster needs a list of sizes with 1 to 8192 items in all, got sizes=\[\]"),
        ("cluster", {"sizes": 4}, r"cluster needs a list of sizes"),
        ("cluster", {"sizes": [3, 0]}, r"cluster needs a whole number 1 <= size <= 8192, got size=0"),
        ("cluster", {"sizes": [8000, 8000]}, r"cluster needs a list of sizes with 1 to 8192 items in all"),
        ("tree", {"levels": -1}, r"tree needs a whole number 0 <= levels <= 13, got levels=-1"),
        ("tree", {"branching": 1}, r"tree needs a whole number 2 <= branching"),
        ("tree", {"levels": 13, "branching": 2}, r"tree needs at most 8192 nodes, got levels=13 and branching=2"),
        *[(n + end, {"features": 0}, rf"^{n} needs whole features >= 1, got features=0") for n in STRUCTURES
          for end in ("", "_spectrum")],
        *[(n + end, {"sigma": s}, rf"^{n} needs a finite sigma > 0, got sigma=") for n in STRUCTURES
          for end in ("", "_spectrum") for s in (0.0, -1.0, np.nan, np.inf, "4", None)],
    ],
)  # fmt: skip
def test_refuses(name, arguments, text):
    with pytest.raises(ValueError, match=text):
        getattr(data, name)(*([[0, 1], [1, 0]],) * name.startswith("field"), **arguments)


@pytest.mark.parametrize(
    ("adjacency", "items", "text"),
    [
        (np.ones(3), None, r"field needs a symmetric adjacency of up to 8192 nodes, .* got shape \(3,\)"),
        ([[0, 1], [2, 0]], None, "symmetric adjacency"),
        ([[0, -1], [-1, 0]], None, "entries finite and >= 0"),
        ([[0, np.nan], [np.nan, 0]], None, "entries finite"),
        ([[1, 1], [1, 0]], None, "diagonal 0"),
        (np.zeros((0, 0)), None, "symmetric adjacency"),
        ("graph", None, "symmetric adjacency"),
        ([[0, 1], [1, 0]], [0, 0], "a list of different nodes, got items="),
        ([[0, 1], [1, 0]], [], "a list of different nodes"),
        ([[0, 1], [1, 0]], [0.5], "a list of different nodes"),
        ([[0, 1], [1, 0]], [2], "items in 0 to 1, got items="),
        ([[0, 1], [1, 0]], [-1], "items in 0 to 1"),
    ],
)
def test_field_refuses(adjacency, items, text):
    for make in (field, field_spectrum):
        with pytest.raises(ValueError, match=text):
            make(adjacency, items=items)


def test_too_large_a_sigma_would_be_lost():
    with pytest.raises(ValueError, match=r"field needs sigma < 7.07e\+04 for this graph, got 1/sigma²=1e-12: float64"):
        ring(items=4, sigma=1e6)
    assert_allclose(field_spectrum(np.zeros((2, 2)), features=1, sigma=1e6), 1e6, rtol=CLOSED_FORM)


@pytest.mark.parametrize("name", [*STRUCTURES, "hierarchy"])
def test_a_spectrum_has_the_defaults_of_its_data(name):
    of_data, of_spectrum = (
        {key: each.default for key, each in inspect.signature(getattr(data, function)).parameters.items()}
        for function in (name, f"{name}_spectrum")
    )
    assert {key: value for key, value in of_data.items() if key != "rng"} == of_spectrum


def test_defaults():
    assert (ring().n_in, ordering().n_in, tree().n_in) == (16, 16, 8)
    for make in (ring, ordering, tree, cluster):
        assert make(rng=0).n_out == 1000
    assert_allclose(ring_spectrum()[0], 4 * np.sqrt(1000), rtol=CLOSED_FORM)  # sigma = 4
