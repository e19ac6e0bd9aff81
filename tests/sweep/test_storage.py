"""Kept results name no class of another package: reading one never imports anything else."""

import json
from typing import NamedTuple

import numpy as np
import pytest

from deeplinear.propagation import DepthScales
from deeplinear.sweep import storage


class Foreign(NamedTuple):
    """A named tuple of a user's."""

    value: float


def test_named_tuples_of_the_package_come_back(tmp_path):
    scales = DepthScales(*np.arange(1.0, 1.0 + len(DepthScales._fields)))
    storage.write(tmp_path / "a.npz", "key", scales)
    (found,) = storage.read(tmp_path / "a.npz", "key") or ("nothing",)
    assert type(found) is DepthScales
    assert found == scales


def test_others_are_not_kept(tmp_path):
    with pytest.raises(TypeError, match=r"kept results hold tuples, got a .*Foreign"):
        storage.write(tmp_path / "a.npz", "key", Foreign(1.0))
    assert not (tmp_path / "a.npz").exists()


@pytest.mark.parametrize("name", ["tests.sweep.test_storage:Foreign", "collections:namedtuple", "deeplinear.task:Task"])
def test_a_file_that_names_another_class_is_not_believed(tmp_path, name):
    tree = json.dumps({"tuple": [1.0], "name": name})
    np.savez(tmp_path / "a.npz", key="key", tree=tree)
    assert storage.read(tmp_path / "a.npz", "key") is None
    np.savez(tmp_path / "b.npz", key="key", tree=tree.replace(name, ""))
    assert storage.read(tmp_path / "b.npz", "key") == ((1.0,),)
