"""What ``reproduce``, ``list`` and ``laws`` print stands beside its name, and exit codes: a swap is seen."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from tests.cli.test_cli import run

from deeplinear.cli import run as room
from deeplinear.figures import FIGURES, Claim


def figures(monkeypatch, **verdicts):
    """Figures that need no time: one claim for each verdict, and the parameters that they were computed with."""
    seen = {}
    for name, passed in verdicts.items():

        def compute(name=name, **parameters):
            seen[name] = parameters
            return {"x": np.zeros(1)}

        module = FIGURES[name]
        monkeypatch.setattr(module, "compute", compute)
        found = [Claim(f"{name} claim {i}", f"{i}", f"{i + 10}", each) for i, each in enumerate(passed)]
        monkeypatch.setattr(module, "claims", lambda data, found=found: found)
        monkeypatch.setattr(module, "draw", lambda data, figure: None)
    return seen


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ([True], [True], 0),
        ([True], [False], 1),
        ([False], [True], 1),
        ([True, False], [True], 1),
        ([True], [False, True], 1),
        ([False], [False], 1),
    ],
)
def test_one_failed_claim_of_one_figure_gives_exit_code_1(capsys, monkeypatch, tmp_path, first, second, code):
    figures(monkeypatch, fig2=first, fig8=second)
    left, out, _ = run(capsys, "reproduce", "fig2", "fig8", "--out", tmp_path, "--json")
    found = json.loads(out)
    assert left == code
    assert found["passed"] == (code == 0)
    assert {name: each["passed"] for name, each in found["figures"].items()} == {
        "fig2": all(first),
        "fig8": all(second),
    }
    assert [claim["passed"] for claim in found["figures"]["fig8"]["claims"]] == second
    left, out, _ = run(capsys, "reproduce", "fig2", "fig8", "--out", tmp_path)
    assert left == code
    assert f"{sum(first) + sum(second)} of {len(first) + len(second)} claims hold. Figures are in" in " ".join(
        out.split()
    )


def test_json_of_reproduce_is_what_its_fields_say(capsys, monkeypatch, tmp_path):
    figures(monkeypatch, fig2=[True, False])
    _, out, _ = run(capsys, "reproduce", "fig2", "--out", tmp_path, "--json", "--scale", "paper")
    found = json.loads(out)
    assert (found["scale"], found["out"]) == ("paper", str(tmp_path))
    one = found["figures"]["fig2"]
    assert one["claims"] == [
        {"text": "fig2 claim 0", "expected": "0", "measured": "10", "passed": True},
        {"text": "fig2 claim 1", "expected": "1", "measured": "11", "passed": False},
    ]
    assert one["files"] == [str(tmp_path / f"fig2.{ending}") for ending in ("npz", "png", "svg")]
    assert (one["scale"], one["reused"]) == ("paper", False)
    assert 0 <= one["seconds"] < 60


def test_scale_and_fresh_reach_the_figure(capsys, monkeypatch, tmp_path):
    seen = figures(monkeypatch, fig8=[True])
    for scale, parameters in (("quick", FIGURES["fig8"].QUICK), ("paper", FIGURES["fig8"].PAPER)):
        run(capsys, "reproduce", "fig8", "--out", tmp_path, "--scale", scale)
        assert seen["fig8"] == parameters
    seen.clear()
    for fresh in ((), ("--fresh",)):
        _, out, _ = run(capsys, "reproduce", "fig8", "--out", tmp_path, "--scale", "paper", *fresh)
        assert bool(seen) == bool(fresh)
        assert ("--fresh recomputes them" in " ".join(out.split())) == (not fresh)


def test_no_name_is_every_figure_and_quick_is_the_default(capsys, monkeypatch, tmp_path):
    seen = figures(monkeypatch, **{name: [True] for name in FIGURES})
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "reproduce", "--json")
    assert code == 0
    assert list(json.loads(out)["figures"]) == list(FIGURES)
    assert {name: FIGURES[name].QUICK for name in FIGURES} == seen
    assert (tmp_path / "results" / "claims.json").exists()


DEPTHS = {
    "1": "1 weight matrix",
    "2": "2 weight matrices",
    "> 2": "more than 2 weight matrices",
    ">= 1": "1 or more weight matrices",
    ">= 2": "2 or more weight matrices",
}


def test_lists_say_of_each_name_what_it_is(capsys):
    from deeplinear import data, initial
    from deeplinear.exact import FORMULAS

    _, out, _ = run(capsys, "list", "--json")
    lists = json.loads(out)
    assert list(lists["figures"]) == list(FIGURES)
    for name in FIGURES:
        assert FIGURES[name].__doc__.replace("`", "").startswith(lists["figures"][name])
    for name, line in lists["data sets"].items():
        assert getattr(data, name).__doc__.replace("`", "").strip().startswith(line)
    for name, line in lists["initial conditions"].items():
        assert getattr(initial, name).__doc__.replace("`", "").strip().startswith(line)
    assert lists["laws"] == {law.name: f"{law.kind}, {DEPTHS[law.depths]}" for law in FORMULAS}
    _, out, _ = run(capsys, "list")
    titles = [line.strip() for line in out.splitlines() if line and not line.startswith(" ")]
    assert [title for title in titles if title in lists] == list(lists)
    words = " ".join(out.split())
    for name, line in lists["figures"].items():
        assert f"{name} {line}"[:40] in words


def test_laws_print_their_papers_as_bibtex(capsys):
    from deeplinear.exact.citations import ENTRIES

    code, out, _ = run(capsys, "laws", "--bibtex")
    assert code == 0
    assert {entry.strip() for entry in out.split("\n\n")} == set(ENTRIES.values())
    code, out, err = run(capsys, "laws", "--bibtex", "--json")
    assert (code, out) == (2, "")
    assert "laws needs one of --json and --bibtex, got both" in err


def test_laws_print_the_fields_of_each_law(capsys):
    from deeplinear.exact import CONDITIONS, FORMULAS

    _, out, _ = run(capsys, "laws", "--json")
    found = json.loads(out)
    assert found["conditions"] == CONDITIONS
    for record, law in zip(found["laws"], FORMULAS, strict=True):
        assert record == {
            "name": law.name,
            "kind": law.kind,
            "depths": law.depths,
            "needs": list(law.needs),
            "source": law.source,
            "cites": list(law.cites),
        }
    _, out, _ = run(capsys, "laws")
    words = " ".join(out.split())
    for law in FORMULAS:
        line = f"{law.name} {law.kind}, {DEPTHS[law.depths]}; source: {law.source} needs: {', '.join(law.needs) or 'nothing'}"
        assert " ".join(line.split()) in words


def test_the_usual_hook_is_back_afterwards(capsys):
    import sys

    usual = sys.unraisablehook
    run(capsys, "laws", "--json")
    assert sys.unraisablehook is usual


def test_other_unraisable_errors_go_the_usual_way(monkeypatch):
    seen = []
    monkeypatch.setattr(room.sys, "__unraisablehook__", seen.append)
    event = SimpleNamespace(exc_type=ValueError)
    room.not_lost(event)
    assert seen == [event]
