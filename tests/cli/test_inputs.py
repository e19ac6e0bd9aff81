"""The command line says which inputs add nothing, and refuses targets of which nothing linear can be learned."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear import cli, data


def predicted(capsys, *arguments):
    """Exit code, stdout, stderr of ``deeplinear predict``."""
    with pytest.raises(SystemExit) as left:
        cli.main(["predict", *(str(argument) for argument in arguments)])
    out, err = capsys.readouterr()
    return left.value.code or 0, out, err


def table(path, **columns):
    """A csv file of these columns."""
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(f"{cell:.17g}" for cell in row) for row in rows)]) + "\n")
    return path


@pytest.fixture
def columns():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 40)).round(4)
    return {"a": a, "b": b, "y": (2 * a - b + 0.1 * rng.standard_normal(40)).round(4)}


def test_what_is_left_out_is_said(capsys, tmp_path, columns):
    path = table(tmp_path / "more.csv", one=np.full(40, 7.0), copy=3 * columns["a"] - 1, **columns)
    code, out, err = predicted(capsys, path)
    assert (code, err) == (0, "")
    description, network = out.splitlines()[:2]
    assert description.startswith("40 examples; ")
    assert description.endswith("; left out: one (constant), a (a linear function of copy)")
    assert network == "network: depth 2, 2 inputs, 1 output"
    assert "inputs that add nothing to the others: one (constant)" in predicted(capsys, path, "--inputs", "centred")[1]
    found = json.loads(predicted(capsys, path, "--json")[1])
    assert found["left_out"] == [
        {"column": 0, "name": "one", "reason": "constant"},
        {"column": 2, "name": "a", "reason": "a linear function of copy"},
    ]
    plain = table(tmp_path / "plain.csv", **columns)
    code, out, _ = predicted(capsys, plain)
    assert (code, "left out" in out) == (0, False)
    assert_allclose(json.loads(predicted(capsys, plain, "--json")[1])["singular_values"], found["singular_values"])


def test_names_in_brackets_are_printed_as_they_are(capsys, tmp_path, columns):
    path = table(tmp_path / "names.csv", **{"[b]": columns["a"], "[red]": columns["a"]}, y=columns["y"])
    assert "left out: [red] (a linear function of [b])" in predicted(capsys, path)[1]


def test_inputs_of_arrays_are_named_by_column(tmp_path, columns):
    x = np.column_stack([columns["a"], columns["b"], columns["a"]])
    np.savez(tmp_path / "x.npz", x=x, y=columns["y"])
    assert str(data.from_file(tmp_path / "x.npz").left_out[0]) == "x[:, 2] (a linear function of x[:, 0])"


T = np.linspace(-1, 1, 41)
UNLEARNABLE = {
    "constant target": {"a": T, "b": T**3, "y": np.full(41, 5.0)},
    "parabola": {"x": T, "y": T**2},
    "exclusive or": {"a": np.array([0, 0, 1, 1]), "b": np.array([0, 1, 0, 1]), "y": np.array([0, 1, 1, 0])},
}


@pytest.mark.parametrize("name", UNLEARNABLE)
def test_rounding_is_not_half_learned(capsys, tmp_path, name):
    code, out, err = predicted(capsys, table(tmp_path / "flat.csv", **UNLEARNABLE[name]))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "nothing a linear network can learn" in err
    assert "Add features" in err


def test_three_inputs_in_their_own_units(capsys, tmp_path):
    rng = np.random.default_rng(1)
    x = {"income": rng.normal(6e4, 2e4, 40).round(), "rooms": rng.normal(3, 0.8, 40).round(2)}
    x["year"] = rng.integers(1950, 2005, 40).astype(float)
    price = 2 * x["income"] + 4e4 * x["rooms"] + 900 * (x["year"] - 1950)
    code, out, _ = predicted(capsys, table(tmp_path / "homes.csv", **x, price=price))
    assert (code, out.splitlines()[1]) == (0, "network: depth 2, 3 inputs, 1 output")
    assert "left out" not in out
