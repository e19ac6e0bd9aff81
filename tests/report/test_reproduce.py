"""Figures written to a folder: whole, kept, resumed."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from deeplinear.figures import Claim
from deeplinear.report.reproduce import fingerprint, reproduce
from deeplinear.report.table import claims_table


def stub(*, passed=True, fail=None):
    """A figure that counts how often it is computed."""
    calls = []

    def compute(**parameters):
        calls.append(parameters)
        if fail is not None and len(calls) == 1:
            raise fail
        return {"x": np.arange(parameters["n"]), "word": np.array("yes")}

    def claims(data):
        return [Claim("it counts", "0 1 2", str(data["x"].tolist()), passed)]

    def draw(data, figure):
        figure.subplots().plot(data["x"])

    return SimpleNamespace(
        PAPER={"n": 5}, QUICK={"n": 3}, SIZE=(2, 2), compute=compute, claims=claims, draw=draw, calls=calls
    )


def test_files_are_written_and_finished_figures_reused(tmp_path):
    figures = {"one": stub(), "two": stub(passed=False)}
    seen = []
    first = reproduce(out=tmp_path, figures=figures, watch=seen.append)
    again = reproduce(out=tmp_path, figures=figures)
    assert seen == ["one", "two"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["claims.json", *(f"{name}.{ending}" for name in figures for ending in ("npz", "png", "svg"))]
    )
    assert [r.reused for r in first] == [False, False]
    assert [r.reused for r in again] == [True, True]
    assert [r.passed for r in again] == [True, False]
    assert [len(figure.calls) for figure in figures.values()] == [1, 1]
    assert [r.claims for r in again] == [r.claims for r in first]


def test_arrays_and_parameters_are_in_the_npz(tmp_path):
    reproduce(["one"], out=tmp_path, figures={"one": stub()})
    with np.load(tmp_path / "one.npz") as arrays:
        assert arrays["x"].tolist() == [0, 1, 2]
        assert json.loads(str(arrays["parameters"])) == {"n": 3}


def test_claims_of_other_figures_stay(tmp_path):
    figures = {"one": stub(), "two": stub()}
    reproduce(["one"], out=tmp_path, figures=figures)
    reproduce(["two"], out=tmp_path, figures=figures, scale="paper")
    records = json.loads((tmp_path / "claims.json").read_text())
    assert {name: record["scale"] for name, record in records.items()} == {"one": "quick", "two": "paper"}
    assert records["one"]["claims"][0]["measured"] == "[0, 1, 2]"


def test_other_parameters_and_fresh_compute_again(tmp_path):
    figures = {"one": stub()}
    reproduce(out=tmp_path, figures=figures)
    before = (tmp_path / "one.png").read_bytes()
    assert not reproduce(out=tmp_path, figures=figures, scale="paper")[0].reused
    assert (tmp_path / "one.png").read_bytes() != before
    assert not reproduce(out=tmp_path, figures=figures, scale="paper", fresh=True)[0].reused
    assert len(figures["one"].calls) == 3


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    figures = {"one": stub(), "two": stub(fail=KeyboardInterrupt())}
    with pytest.raises(KeyboardInterrupt):
        reproduce(out=tmp_path, figures=figures)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["claims.json", "one.npz", "one.png", "one.svg"]
    assert [r.reused for r in reproduce(out=tmp_path, figures=figures)] == [True, False]


def test_a_lost_picture_is_drawn_again_and_a_damaged_npz_computed_again(tmp_path):
    figures = {"one": stub()}
    reproduce(out=tmp_path, figures=figures)
    (tmp_path / "one.svg").unlink()
    assert reproduce(out=tmp_path, figures=figures)[0].reused
    assert (tmp_path / "one.svg").exists()
    whole = (tmp_path / "one.npz").read_bytes()
    (tmp_path / "one.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "claims.json").write_text("{")
    assert not reproduce(out=tmp_path, figures=figures)[0].reused
    assert json.loads((tmp_path / "claims.json").read_text())["one"]["passed"]


def test_the_key_depends_on_parameters():
    assert fingerprint({"n": 1}) == fingerprint({"n": 1}) != fingerprint({"n": 2})


def test_unknown_names_and_scales_are_refused(tmp_path):
    with pytest.raises(ValueError, match="only one exist"):
        reproduce(["three"], out=tmp_path, figures={"one": stub()})
    with pytest.raises(ValueError, match="scale in quick, paper"):
        reproduce(out=tmp_path, figures={"one": stub()}, scale="huge")


def test_the_table_shows_both_verdicts(tmp_path):
    from rich.console import Console

    console = Console(width=120, record=True, file=open(tmp_path / "screen", "w"))  # noqa: SIM115
    console.print(claims_table(reproduce(out=tmp_path, figures={"one": stub(), "two": stub(passed=False)})))
    console.file.close()
    text = console.export_text()
    assert "✓" in text
    assert "✗" in text
    assert "it counts" in text
