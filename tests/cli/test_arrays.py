"""``predict --x --y``: arrays by name, and targets in a file of their own."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.cli.test_cli import run

from deeplinear import Task

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(30, 3)), RNG.normal(size=(30, 2))
T = A @ RNG.normal(size=(3, 2))


@pytest.mark.parametrize(
    ("options", "x", "y"),
    [
        (["--x", "a", "--y", "t"], A, T),
        (["--x", "b", "--y", "t"], B, T),
        (["--y", "targets.npy", "--x", "a"], A, T[:, :1]),
    ],
)
def test_arrays_by_name(tmp_path, options, x, y, capsys):
    np.savez(tmp_path / "data.npz", a=A, b=B, t=T)
    np.save(tmp_path / "targets.npy", T[:, 0])
    code, out, err = run(capsys, "predict", str(tmp_path / "data.npz"), "--json", *options)
    assert (code, err) == (0, "")
    s = Task.from_data(x, y, inputs="white").modes.s
    assert_allclose(json.loads(out)["singular_values"], s, rtol=1e-12)


def test_no_usual_pair_says_what_to_pass(tmp_path, capsys):
    np.savez(tmp_path / "data.npz", a=A, b=B, t=T)
    code, out, err = run(capsys, "predict", str(tmp_path / "data.npz"))
    assert (code, out) == (2, "")
    assert "got 3 arrays: a (30 × 3, float64), b (30 × 2, float64), t (30 × 2, float64) in data.npz" in err
    assert "--x NAME --y NAME" in err
