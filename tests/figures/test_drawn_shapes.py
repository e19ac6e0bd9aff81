"""Drawings show the arrays of a figure: arrows, bars, histograms, matrices and bands."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose
from tests.figures.conftest import computed, panels

from deeplinear.draw.style import BLUE, GREEN, VERMILION


def texts(axes):
    """Words and their colours."""
    return {text.get_text(): to_hex(text.get_color()) for text in axes.texts}


def test_arrows_of_fig2_point_along_the_field():
    d, (quiver,) = computed("fig2"), panels("fig2")[0].collections
    places = quiver.get_offsets()
    assert_allclose(places, np.stack(np.meshgrid(d["side"], d["side"]), axis=-1).reshape(-1, 2), atol=1e-12)
    field = d["field"].reshape(-1, 2)
    assert_allclose(quiver.U * field[:, 1], quiver.V * field[:, 0], atol=1e-12)
    assert ((quiver.U * field[:, 0] + quiver.V * field[:, 1]) >= 0).all()


def test_fixed_points_of_fig2_are_the_hyperbola():
    d, axes = computed("fig2"), panels("fig2")[0]
    branches = [line.get_xydata() for line in axes.lines if to_hex(line.get_color()) == VERMILION]
    assert len(branches) == 2
    for branch in branches:
        assert_allclose(branch.prod(axis=1), d["s"], rtol=1e-12)


def test_bars_of_fig3_are_mean_delays_with_their_scatter():
    d, axes = computed("fig3"), panels("fig3")[1]
    for colour, name, container in zip((BLUE, GREEN), ("random", "tanh"), axes.containers[::2], strict=True):
        delays = 100 * (d[f"{name}_half_times"] / d["exact_half_times"] - 1)
        assert_allclose([bar.get_height() for bar in container], delays.mean(axis=0), rtol=1e-9)
        assert {to_hex(bar.get_facecolor()) for bar in container} == {colour}
    for name, ends in zip(("random", "tanh"), axes.collections, strict=True):
        delays = 100 * (d[f"{name}_half_times"] / d["exact_half_times"] - 1)
        lengths = [np.ptp(path.vertices[:, 1]) / 2 for path in ends.get_paths()]
        assert_allclose(lengths, delays.std(axis=0, ddof=1), rtol=1e-9)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [str(m) for m in d["modes"]]


def test_matrices_of_fig5_are_the_ones_named():
    d, drawn = computed("fig5"), panels("fig5")
    for panel, name in ((0, "pixels"), (1, "block")):
        shown = drawn[panel].images[0].get_array()
        assert shown.shape == d[name].shape
        order = np.argsort(np.abs(d[name]), axis=None)
        assert (np.sign(shown) == np.sign(d[name])).all()
        assert (np.diff(np.abs(shown).ravel()[order]) >= -1e-9).all()  # the shades may be any increasing function


@pytest.mark.parametrize("column", range(3))
def test_histograms_of_fig6bc_are_densities(column):
    d, drawn = computed("fig6bc"), panels("fig6bc")
    s = np.exp(d["log_singular_values"][column].astype(float)).ravel()
    values, edges, _ = drawn[2 * column].patches[0].get_data()
    assert_allclose(values, np.histogram(s, edges)[0] / s.size / np.diff(edges), rtol=1e-9)
    decades = drawn[2 * column + 1].patches[0].get_data()
    logs = d["log_singular_values"][column].astype(float).ravel() / np.log(10)  # the first edge is the least of them
    assert_allclose(
        decades.values, np.histogram(logs, decades.edges)[0] / logs.size / np.diff(decades.edges), rtol=1e-9
    )
    mesh = drawn[6 + column].collections[0]
    corners = mesh.get_coordinates()
    z = d["eigenvalues"][column].reshape(-1, 2)
    counts = np.histogram2d(z[:, 1], z[:, 0], bins=(corners[:, 0, 1], corners[0, :, 0]))[0] / len(z) / 0.01
    origin = np.searchsorted(corners[0, :, 0], 0.0) - 1
    counts[origin, origin] = 0
    assert_allclose(np.asarray(mesh.get_array().filled(0)), counts, rtol=1e-9)
    seen = 100 * np.mean((np.abs(z) < 0.05).all(axis=1))
    assert any(f"origin bin, taken out: {seen:.3g} %" in text for text in texts(drawn[6 + column]))


def test_histograms_of_fig7_are_densities():
    d, drawn = computed("fig7"), panels("fig7")
    for i in range(5):
        for j in range(3):
            logs = d["log_s"][i, j] / np.log(10)
            values, edges, _ = drawn[3 * i + j].patches[0].get_data()
            assert_allclose(values, np.histogram(logs, edges)[0] / len(logs) / np.diff(edges), rtol=1e-9)


def test_bands_of_gains_are_quantiles():
    d, drawn = computed("gains"), panels("gains")
    columns = len(d["depths"])
    for column in range(columns):
        for s, band in enumerate(drawn[2 * columns + column].collections):
            low, _, high = d["quantiles"][s, column].T / np.log(10)
            heights = band.get_paths()[0].vertices[:, 1]
            assert_allclose([heights.min(), heights.max()], [max(low.min(), -12), high.max()], rtol=1e-9)


def test_what_never_learned_is_a_triangle_at_the_top():
    d, drawn = computed("gains"), panels("gains")
    for column in range(len(d["depths"])):
        for s, colour in enumerate((VERMILION, BLUE)):
            never = d["gains"][np.isnan(d["learned"][s, column]).any(axis=-1)]
            marks = [
                line for line in drawn[column].lines if line.get_marker() == "^" and to_hex(line.get_color()) == colour
            ]
            assert [list(line.get_xdata()) for line in marks] == [list(never)]
