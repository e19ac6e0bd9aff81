"""Figures written to a folder: whole, kept, resumed."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from deeplinear.figures import Claim
from deeplinear.report.reproduce import fingerprint, reproduce
from deeplinear.report.table import claims_table, table


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


def test_the_last_result_of_a_figure_is_the_one_that_is_noted(tmp_path):
    for scale in ("quick", "paper", "quick"):
        reproduce(out=tmp_path, figures={"one": stub()}, scale=scale)
        assert json.loads((tmp_path / "claims.json").read_text())["one"]["scale"] == scale


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


def several(*verdicts):
    """A figure with one claim for each verdict."""
    figure = stub()
    figure.claims = lambda data: [Claim(f"claim {i}", f"want {i}", f"got {i}", v) for i, v in enumerate(verdicts)]
    return figure


@pytest.mark.parametrize("verdicts", [(True, False), (False, True), (False, False), (True, True), (True,), (False,)])
def test_a_figure_passes_if_all_its_claims_do(tmp_path, verdicts):
    result = reproduce(out=tmp_path, figures={"one": several(*verdicts)})[0]
    assert result.passed == all(verdicts)
    assert json.loads((tmp_path / "claims.json").read_text())["one"]["passed"] == all(verdicts)


def screen(results, width=120):
    """The table of claims as lines of text."""
    from rich.console import Console

    console = Console(width=width, file=io.StringIO())
    console.print(claims_table(results))
    return console.file.getvalue().splitlines()


def test_every_mark_stands_beside_its_claim_and_its_numbers(tmp_path):
    verdicts = (True, False, True, False, False)
    lines = screen(reproduce(out=tmp_path, figures={"one": several(*verdicts), "two": several(False, True)}))
    assert [line.split(",")[0] for line in lines if "quick scale" in line] == ["one", "two"]
    heads = [i for i, line in enumerate(lines) if line.split() == ["claim", "expected", "measured"]]
    for start, marks in zip(heads, (verdicts, (False, True)), strict=True):
        shown = [line.split() for line in lines[start + 1 : start + 1 + len(marks)]]
        assert shown == [
            ["✓" if mark else "✗", "claim", str(i), "want", str(i), "got", str(i)] for i, mark in enumerate(marks)
        ]


def test_marks_are_green_and_red(tmp_path):
    rows = table(reproduce(out=tmp_path, figures={"one": several(True, False)})[0])
    good, bad = rows.columns[0].cells
    assert (good.plain, good.style) == ("✓", "green")
    assert (bad.plain, bad.style) == ("✗", "bold red")


def test_brackets_in_a_claim_are_text_and_not_markup(tmp_path):
    figure = stub()
    figure.claims = lambda data: [Claim("all [bold] of it", "[1, 2]", "[red]3", True)]
    lines = " ".join(screen(reproduce(out=tmp_path, figures={"one": figure})))
    for word in ("[bold]", "[1, 2]", "[red]3"):
        assert word in lines


def test_the_title_says_how_long_it_took_or_that_it_was_there(tmp_path):
    figures = {"one": stub()}
    first = replace(reproduce(out=tmp_path, figures=figures, scale="paper")[0], seconds=12.34)
    assert "one, paper scale, computed in 12.3 s" in " ".join(screen([first]))
    again = reproduce(out=tmp_path, figures=figures, scale="paper")
    assert "one, paper scale, found finished" in " ".join(screen(again))


def test_other_source_code_computes_a_figure_again(tmp_path, monkeypatch):
    from deeplinear import sweep

    figures = {"one": stub()}
    reproduce(out=tmp_path, figures=figures)
    assert reproduce(out=tmp_path, figures=figures)[0].reused
    monkeypatch.setattr(sweep, "source", lambda: "other code")
    assert not reproduce(out=tmp_path, figures=figures)[0].reused
    assert reproduce(out=tmp_path, figures=figures)[0].reused
    assert len(figures["one"].calls) == 2


def test_pieces_of_sweeps_are_kept_while_a_figure_is_unfinished_and_watched(tmp_path):
    from deeplinear.sweep import SETTING, sweep

    places, seen = [], []

    def compute(n):
        places.append(SETTING.get().folder)
        sweep(pow, [{"base": 2, "exp": k} for k in range(2)], workers=1)
        if len(places) == 1:
            raise KeyboardInterrupt
        return {"x": np.arange(n)}

    figure = stub()
    figure.compute = compute
    with pytest.raises(KeyboardInterrupt):
        reproduce(out=tmp_path, figures={"one": figure}, watch=lambda *of: seen.append(of))
    assert places == [tmp_path / ".one-pieces"]
    assert places[0].is_dir()
    assert seen == [("one",), ("one", 1, 2), ("one", 2, 2)]
    reproduce(out=tmp_path, figures={"one": figure})
    assert places[1] == places[0]
    assert not places[0].exists()
    assert SETTING.get().folder is None


def test_fresh_forgets_pieces_too(tmp_path):
    (tmp_path / ".one-pieces").mkdir()
    (tmp_path / ".one-pieces" / "old").touch()
    figure, there = stub(fail=KeyboardInterrupt()), []
    for fresh in (False, True):
        figure.calls.clear()
        with pytest.raises(KeyboardInterrupt):
            reproduce(out=tmp_path, figures={"one": figure}, fresh=fresh)
        there.append((tmp_path / ".one-pieces" / "old").exists())
    assert there == [True, False]


def test_seconds_are_those_of_the_computation_also_when_it_is_found_again(tmp_path, monkeypatch):
    from deeplinear.report import reproduce as room

    clock = iter([100.0, 107.256])
    monkeypatch.setattr(room.time, "perf_counter", lambda: next(clock))
    figures = {"one": stub()}
    first = reproduce(out=tmp_path, figures=figures)[0]
    again = reproduce(out=tmp_path, figures=figures)[0]
    assert first.seconds == again.seconds == pytest.approx(7.256, rel=1e-12)
    assert again.record()["seconds"] == 7.26


def test_pictures_are_of_their_own_kind_and_of_the_size_asked(tmp_path):
    import matplotlib.image

    result = reproduce(out=tmp_path, figures={"one": stub()})[0]
    assert [path.name for path in result.files] == ["one.npz", "one.png", "one.svg"]
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "one.svg").read_bytes()
    assert matplotlib.image.imread(tmp_path / "one.png").shape[:2] == (320, 320)  # two inches at 160 dots


def test_scales_take_their_own_parameters(tmp_path):
    figure = stub()
    for scale in ("quick", "paper"):
        reproduce(out=tmp_path, figures={"one": figure}, scale=scale)
    assert figure.calls == [{"n": 3}, {"n": 5}]


@pytest.mark.parametrize("ending", ["png", "svg"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_an_emptied_or_cut_picture_is_drawn_again(tmp_path, ending, share):
    figures, file = {"one": stub()}, tmp_path / f"one.{ending}"
    reproduce(out=tmp_path, figures=figures)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    reproduce(out=tmp_path, figures=figures)
    assert file.read_bytes() == content  # and a picture has the same bytes every time
    assert len(figures["one"].calls) == 1


def test_a_finished_figure_is_read_where_nothing_can_be_written(tmp_path, monkeypatch):
    from deeplinear.report import reproduce as room

    def refused(file):
        raise PermissionError(f"{file} cannot be written")

    figures = {"one": stub()}
    first = reproduce(out=tmp_path, figures=figures)
    monkeypatch.setattr(room, "whole", refused)
    again = reproduce(out=tmp_path, figures=figures)
    assert (again[0].reused, again[0].claims) == (True, first[0].claims)
    with pytest.raises(PermissionError):
        reproduce(out=tmp_path, figures=figures, fresh=True)


def test_claims_are_utf8_in_any_locale(tmp_path, monkeypatch):
    figure = stub()
    figure.claims = lambda data: [Claim("Σ¹¹ is white ✓", "0", "0", True)]
    monkeypatch.setattr("locale.getencoding", lambda: "ascii")
    reproduce(out=tmp_path, figures={"one": figure})
    reproduce(out=tmp_path, figures={"one": figure})
    assert "Σ¹¹ is white ✓" in (tmp_path / "claims.json").read_bytes().decode("utf-8")
