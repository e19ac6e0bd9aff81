"""The picture: what is in it, not its pixels."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose
from tests.development.plain import MINI, decoupled_start, descended, mini

from deeplinear import Curve, development


def test_draws_paths_strengths_and_counts():
    task = mini()
    curve, _ = descended(task, decoupled_start(task, (6,), 1e-4, seed=1), 0.01, 800, every=10)
    figure = Figure()
    assert development.draw(curve, task, figure, names=[name for name, _ in MINI]) is None
    left, above, below = figure.axes
    assert [text.get_text() for text in left.texts] == [name for name, _ in MINI]
    places = development.coordinates(curve, task)
    assert_allclose(np.array([line.get_xydata() for line in left.lines[::2]]), places.swapaxes(0, 1))
    assert len(above.lines) == 5
    assert below.lines[0].get_ydata()[-1] == 9
    figure.canvas.draw()


def test_refuses():
    task = mini()
    curve = Curve(np.arange(2.0), np.zeros((3, 2)), np.ones((3, 2, 5)), task.targets)
    with pytest.raises(
        ValueError, match=r"draw needs one run and 5 names, got strengths of shape \(3, 2, 5\) and 5 names"
    ):
        development.draw(curve, task, Figure())
    one = Curve(np.arange(2.0), np.zeros(2), np.ones((2, 5)), task.targets)
    with pytest.raises(ValueError, match="and 1 names"):
        development.draw(one, task, Figure(), names=["pine"])
