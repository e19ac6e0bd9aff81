"""Hessian blocks by products with vectors: the eigenvalues of the blocks formed, at a cost that grows like the depth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.curvature import hessian, long_chains
from deeplinear.curvature.hessian import extremes, spectrum

TARGETS, POWERS = np.array([3.0, 2.0, 1.0]), np.array([1.0, 0.5, 2.0, 9.0, 0.1])
SAME = 1e-12  # closed form against closed form, of the larger of the two eigenvalues


def points(depth, scale):
    """Learned, half learned, next to the saddle, beyond the target, and between."""
    shares = np.random.default_rng(depth).uniform(0.0, 1.3, (7, 3)) ** scale
    return TARGETS * np.concatenate([shares, [[1, 1, 1], [1, 1e-3, 0], [1e-9, 1e-9, 1e-9], [-0.5, 1, 0.2]]])


@pytest.mark.parametrize("depth", [2, 3, 7, 40, 70])
@pytest.mark.parametrize("scale", [1, 30])
@pytest.mark.parametrize("hidden", [3, 4, 6])
def test_both_ways_are_one(monkeypatch, depth, scale, hidden):
    u, widths = points(depth, scale), [5, *[hidden] * (depth - 1), 3]
    monkeypatch.setattr(hessian, "LONG", 10**9)
    formed = extremes(u, targets=TARGETS, widths=widths, powers=POWERS)
    monkeypatch.setattr(hessian, "LONG", 0)
    found = extremes(u, targets=TARGETS, widths=widths, powers=POWERS)
    size = np.maximum(np.abs(formed[0]), np.abs(formed[1]))
    for one, other in zip(found, formed, strict=True):
        assert (np.abs(one - other) <= SAME * size).all()


def test_many_points_are_taken_in_parts(monkeypatch):
    u, widths = points(80, 1), [5, *[4] * 79, 3]
    whole = extremes(u, targets=TARGETS, widths=widths, powers=POWERS)
    monkeypatch.setattr(long_chains, "HELD", 1)
    assert_allclose(extremes(u, targets=TARGETS, widths=widths, powers=POWERS), whole, rtol=1e-12, atol=1e-12)


def test_deep_networks_do_not_form_blocks(monkeypatch):
    """A thousand layers: eq. (41) at the optimum, and the one-mode eigenvalues of eq. (37) on the way."""
    monkeypatch.setattr(hessian, "blocks", None)
    depth, u = 1000, np.array([4.0, 1.0])
    _, sharpness = extremes([[4.0], [1.0]], targets=[4.0], widths=[1] * (depth + 1))
    top = (2 * depth - 1) * u ** (2 - 2 / depth) - (depth - 1) * 4 * u ** (1 - 2 / depth)
    rest = u ** (1 - 2 / depth) * (4 - u)
    assert_allclose(sharpness, np.maximum(top, rest), rtol=1e-12)
    low, high = extremes([[4.0, 2.0]], targets=[4.0, 2.0], widths=[3] * (depth + 1))
    assert_allclose(high, depth * 4 ** (2 - 2 / depth), rtol=1e-12)
    assert abs(low[0]) < 1e-12 * high[0]


def test_a_deep_network_against_its_whole_hessian():
    u, widths = np.array([2.0, 0.3]), [3, *[2] * 69, 2]
    whole = spectrum(u, targets=[3.0, 1.0], widths=widths, powers=[1.0, 2.0, 5.0])
    found = extremes(u, targets=[3.0, 1.0], widths=widths, powers=[1.0, 2.0, 5.0])
    assert_allclose(found, whole[[0, -1]], rtol=1e-12)
