"""Curves draw themselves: what is on the axes is what is in the curve."""

import base64
import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_array_equal

import deeplinear as dl

TASK = dl.Task.from_modes([4.0, 2.0, 1.0])
START = dl.initial.decoupled(TASK, [3, 3, 3], strength=0.1, rng=0)
CURVE = dl.solve(TASK, START)(np.linspace(0, 5, 30))
RUNS = dl.descend(TASK, [START, START], rate=[0.01, 0.02], steps=20)


@pytest.fixture
def ax():
    return Figure().subplots()


def lines(ax):
    """The lines that are not targets."""
    return [line for line in ax.lines if len(line.get_xdata()) > 2]


def test_a_line_for_each_mode_and_a_dashed_one_at_its_target(ax):
    assert CURVE.plot(ax) is ax
    assert [line.get_label() for line in lines(ax)] == ["mode 1", "mode 2", "mode 3"]
    for mode, line in enumerate(lines(ax)):
        assert_array_equal(line.get_xdata(), CURVE.times)
        assert_array_equal(line.get_ydata(), CURVE.strengths[:, mode])
    dashed = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed == [4.0, 2.0, 1.0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time", "mode strength")


def test_chosen_modes_and_properties_of_lines(ax):
    CURVE.plot(ax, modes=[2], lw=3.0)
    (line,) = lines(ax)
    assert_array_equal(line.get_ydata(), CURVE.strengths[:, 2])
    assert (line.get_label(), line.get_linewidth()) == ("mode 3", 3.0)
    assert [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"] == [1.0]


def test_runs_of_a_batch_share_the_colour_of_their_mode(ax):
    RUNS.plot(ax)
    drawn = lines(ax)
    assert len(drawn) == 4 * 3
    for mode in range(3):
        of_mode = drawn[4 * mode : 4 * mode + 4]
        assert len({line.get_color() for line in of_mode}) == 1
        for line, (seed, rate) in zip(of_mode, np.ndindex(2, 2), strict=True):
            assert_array_equal(line.get_ydata(), RUNS.strengths[seed, rate, :, mode])
    assert len({line.get_color() for line in drawn}) == 3


def test_the_loss(ax):
    CURVE.plot(ax, quantity="loss")
    (line,) = ax.lines
    assert_array_equal(line.get_ydata(), CURVE.loss)
    assert (ax.get_ylabel(), line.get_label()) == ("loss", CURVE.name)


def test_the_current_axes_are_taken_and_no_style_is_touched():
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    try:
        axes = plt.figure().subplots()
        assert CURVE.plot() is axes
        CURVE._repr_html_()
        assert dict(mpl.rcParams) == before
    finally:
        plt.close("all")


@pytest.mark.parametrize(
    ("options", "words"),
    [({"quantity": "accuracy"}, "strengths, loss"), ({"modes": [3]}, "modes below 3"), ({"modes": []}, "modes")],
)
def test_what_is_not_there_is_refused(ax, options, words):
    with pytest.raises(ValueError, match=f"plot needs .*{words}"):
        CURVE.plot(ax, **options)


def test_what_is_no_axes_is_refused():
    with pytest.raises(TypeError, match=r"plot needs matplotlib axes, got ax=3"):
        CURVE.plot(3)


def test_a_notebook_shows_a_table_and_a_picture():
    text = CURVE._repr_html_()
    rows = re.findall(r"<tr>(.*?)</tr>", text)
    assert re.findall(r"<th>(.*?)</th>", rows[0]) == ["mode", "target", "last strength", "half learned at"]
    for mode, row in enumerate(rows[1:]):
        expected = [f"{x:.4g}" for x in (CURVE.targets[mode], CURVE.strengths[-1, mode], CURVE.half_times[mode])]
        assert re.findall(r"<td>(.*?)</td>", row) == [str(mode + 1), *expected]
    picture = re.search(r'src="data:image/png;base64,([^"]+)"', text)
    assert base64.b64decode(picture[1]).startswith(b"\x89PNG")
    assert "<table>" not in RUNS._repr_html_()
    assert "<img" in RUNS._repr_html_()
