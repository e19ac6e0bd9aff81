"""The picture of a path shows its sharpness, its loss and the line 2/rate at their values."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from deeplinear import Task, solve
from deeplinear.curvature.path import sharpness_path
from deeplinear.report import edge


@pytest.mark.parametrize(("tau", "beyond"), [(1.0, True), (3.0, False)])
def test_draw(tau, beyond):
    start = (np.array([[0.1]]), np.array([[0.1]]))
    path = sharpness_path(solve(Task.from_modes([2.0]), start, tau=tau), np.linspace(0, 20, 90))
    figure = Figure(layout="constrained")
    assert edge.draw(path, figure) is None
    upper, lower = figure.axes
    sharpness, limit = upper.lines
    np.testing.assert_array_equal(sharpness.get_xydata(), np.column_stack([path.times, path.sharpness]))
    assert set(limit.get_ydata()) == {2 * tau}
    assert upper.get_ylim()[1] > max(4.0, 2 * tau)
    assert (" (as here)" in upper.texts[0].get_text()) == beyond
    np.testing.assert_array_equal(lower.lines[0].get_ydata(), path.loss)
    figure.canvas.draw()
