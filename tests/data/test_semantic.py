"""Items × attributes."""

import os

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear.data import semantic

TABLE = "item,grows,flies,swims\npine,1,0,0\nrobin,1,1,0\nsalmon,1,0,1\n"


def test_items_in_attributes_out(tmp_path):
    path = tmp_path / "animals.csv"
    path.write_text(TABLE)
    task = semantic(path)
    assert_array_equal(task.input_correlation, np.eye(3))
    assert_array_equal(task.input_output_correlation, [[1, 1, 1], [0, 1, 0], [0, 0, 1]])
    assert (task.output_power, task.examples) == (5.0, 3)
    assert_array_equal(semantic(str(path)).modes.s, task.modes.s)


def test_the_folder_is_searched(tmp_path, monkeypatch):
    (tmp_path / "semantic").mkdir()
    (tmp_path / "semantic" / "animals.csv").write_text(TABLE)
    monkeypatch.setenv("DEEPLINEAR_DATA", str(tmp_path))
    assert semantic().n_out == 3


def test_without_path_or_folder_it_says_what_to_do(tmp_path, monkeypatch):
    text = r"^semantic needs a csv of items × attributes, got no path and no semantic/\*\.csv .* Pass the path"
    for folder in (None, str(tmp_path)):
        monkeypatch.delenv("DEEPLINEAR_DATA", raising=False)
        if folder:
            monkeypatch.setenv("DEEPLINEAR_DATA", folder)
        with pytest.raises(ValueError, match=text):
            semantic()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "got an empty file"),
        ("item\npine\n", "at least one attribute column"),
        ("item,a\n", "got a single line"),
        ("item,a,b\npine,1\n", "3 cells in each row"),
        ("item,a,b\npine,1,yes\n", "got 'yes' in column 'b', line 2 .* Only the first column"),
        ("item,a,b\npine,1,\n", "got '' in column 'b', line 2"),
    ],
)
def test_refuses(tmp_path, content, text):
    path = tmp_path / "animals.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match="^semantic needs .*" + text):
        semantic(path)
    with pytest.raises(ValueError, match=r"^semantic needs a file, got"):
        semantic(tmp_path / "none.csv")


@pytest.mark.skipif(not os.environ.get("DEEPLINEAR_DATA"), reason="DEEPLINEAR_DATA names no folder with semantic data")
def test_eight_items_and_their_attributes():
    task = semantic()
    assert (task.n_in, task.n_out, task.rank, task.anisotropy) == (8, 36, 8, 0.0)
    _, s, v = task.modes
    assert_allclose(s, [6.806, 4.473, 3.044, 3.003, 2.043, 1.381, 1.141, 1.0], atol=5e-4)  # three decimals are printed
    # what is learned first: all items are alive; then plants against animals (Saxe et al. 2019, Fig. 3)
    assert len(set(np.sign(v[:, 0]))) == 1
    assert_array_equal(np.sign(v[:, 1]) * np.sign(v[0, 1]), [1, 1, 1, 1, -1, -1, -1, -1])
