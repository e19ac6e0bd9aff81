"""Attributes with the names of items and of attributes."""

import pytest
from numpy.testing import assert_array_equal

from deeplinear.data import load_semantic, semantic


def test_names_come_with_the_numbers(tmp_path):
    path = tmp_path / "animals.csv"
    path.write_text("item,grows,flies\npine,1,0\nrobin,1,0.5\n")
    y, items, attributes = load_semantic(path)
    assert_array_equal(y, [[1, 0], [1, 0.5]])
    assert (items, attributes) == (["pine", "robin"], ["grows", "flies"])
    assert_array_equal(semantic(path).input_output_correlation, y.T)


def test_refuses(tmp_path):
    with pytest.raises(ValueError, match=r"^semantic needs a file, got"):
        load_semantic(tmp_path / "none.csv")
