import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.exact.conftest import balanced_weights
from tests.exact.draws import general

from deeplinear import Task, initial, solve
from deeplinear.exact.singular import followed


def turning(t):
    """Singular values that cross at 1 while both frames turn."""
    out = []
    for x in t:
        a, b = (np.array([[np.cos(y), -np.sin(y)], [np.sin(y), np.cos(y)]]) for y in (2 * x, -x))
        out.append(a @ np.diag([2 - x, x]) @ b.T)
    return np.stack(out)


def test_values_that_cross_keep_their_vectors():
    t = np.linspace(0.1, 1.9, 4)  # two far apart steps on each side of the crossing
    found = followed(turning, t)
    assert_allclose(found.s, np.stack([t, 2 - t], axis=1), rtol=1e-12)
    assert_allclose(np.einsum("tir,tr,tjr->tij", found.u, found.s, found.v), turning(t), atol=1e-14)
    fine = followed(turning, np.linspace(0.1, 1.9, 400))
    for coarse, dense in ((found.u, fine.u), (found.v, fine.v)):
        assert (np.einsum("tir,tir->tr", dense[1:], dense[:-1]) > 0.99).all()  # no sign jumps
        assert_allclose(coarse[-1] * np.sign(coarse[0, 0]), dense[-1] * np.sign(dense[0, 0]), atol=1e-9)


def test_order_of_times_does_not_matter():
    t = np.array([0.3, 1.7, 0.3, 0.9])
    mixed, sorted_ = followed(turning, t), followed(turning, np.sort(t))
    for a, b in zip(mixed, sorted_, strict=True):
        assert_allclose(a, b[np.argsort(np.argsort(t, kind="stable"))])


def test_rank_that_is_missing_does_not_stop_it():
    found = followed(lambda t: np.stack([np.diag([1 + x, 0.0, 0.0]) for x in t]), np.array([0.0, 1.0]))
    assert_allclose(found.s, [[1, 0, 0], [2, 0, 0]])


def test_growth_of_a_balanced_network_obeys_the_equation_of_arora():
    rng = np.random.default_rng(4)
    depth, task = 3, general(5, 4, rng)
    law = solve(task, balanced_weights([5, 6, 4, 4], [0.9, 0.7, 0.5, 0.4], rng))
    assert "end-to-end" in law.name
    t, h = np.array([0.2, 0.7, 1.5]), 1e-4
    s = [law.singular(t + shift).s for shift in (-2 * h, -h, h, 2 * h)]
    slope = (8 * (s[2] - s[1]) - (s[3] - s[0])) / (12 * h)
    now = law.singular(t)
    error = (task.optimum - law(t).maps) @ task.input_correlation
    pull = np.einsum("tir,tij,tjr->tr", now.u, error, now.v)
    assert_allclose(slope, depth * now.s ** (2 - 2 / depth) * pull, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("widths", [(3, 4, 3), (5, 4, 6, 3), (4, 4, 4, 4, 4)])
def test_equal_values_start_in_the_basis_in_which_the_flow_leaves(widths):
    """`initial.balanced` starts all singular values equal, and any basis is a decomposition; a moment later only one is."""
    task = Task.from_modes([3.0, 2.0, 1.0], n_in=widths[0], n_out=widths[-1])
    for seed in range(3):
        law = solve(task, initial.balanced(widths, strength=0.1, rng=seed))
        angles = []
        for h in (1e-4, 1e-5):  # to first order in the time between
            found = law.singular([0.0, h])
            overlaps = [np.einsum("ir,ir->r", x[0], x[1]) for x in (found.u, found.v)]
            angles.append(np.sqrt(np.maximum(2 - 2 * np.min(overlaps), 0.0)))
        assert angles[0] < 5e-3
        assert angles[1] < angles[0] / 5 + 1e-6
        start = law.singular([0.0, 1.0])
        assert_allclose(np.einsum("ir,r,jr->ij", start.u[0], start.s[0], start.v[0]), law([0.0]).maps[0], atol=1e-14)


def test_a_moment_at_which_values_cross_keeps_the_vectors_of_before():
    """At 1 both values are 1 and any rotation of the vectors decomposes the map as well."""
    found, fine = followed(turning, np.array([0.1, 1.0, 1.9])), followed(turning, np.array([0.1, 0.999, 1.9]))
    for ours, near in ((found.u, fine.u), (found.v, fine.v)):
        assert_allclose(np.abs(np.einsum("ir,ir->r", ours[1], near[1])), 1.0, atol=1e-3)
