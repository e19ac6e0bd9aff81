"""Every law cites the papers that its source names."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import deeplinear as dl
from deeplinear.exact.citations import ENTRIES, bibtex
from deeplinear.exact.registry import FORMULAS


@pytest.mark.parametrize("key", ENTRIES)
def test_an_entry_is_whole(key):
    entry = ENTRIES[key]
    assert re.match(rf"@\w+{{{key},\n", entry)
    assert entry.endswith("\n}")
    assert entry.count("{") == entry.count("}")
    for field in ("title", "author", "year"):
        assert re.search(rf"\n  {field} *= {{", entry), field
    assert re.search(r"year *= {(\d{4})}", entry)[1] in key


def described(key):
    """First author and year, and the arXiv number if the entry has one."""
    entry = ENTRIES[key]
    author = re.search(r"author *= {([^,]+),", entry)[1].replace("{\\'e}", "é")
    number = re.search(r"arXiv:[\d.]+", entry)
    return author, re.search(r"year *= {(\d{4})}", entry)[1], number and number[0]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_a_law_cites_the_papers_of_its_source_and_no_others(formula):
    found = set()
    for part in formula.source.split(";"):
        named = re.match(r"\s*([A-Z][a-zé]+).*?((?:19|20)\d\d)", part)
        if named:
            found.add((named[1], named[2]))
    assert {described(key)[:2] for key in formula.cites} == found
    for key in formula.cites:
        number = described(key)[2]
        assert number is None or number in formula.source or "Saxe" not in described(key)[0]


def test_a_law_gives_the_bibtex_of_its_formula():
    task = dl.Task.from_modes([2.0, 1.0])
    law = dl.solve(task, (0.1 * np.eye(2), 0.1 * np.eye(2)))
    assert law.citation() == ENTRIES["saxe2014exact"]
    shallow = dl.solve(task, (0.1 * np.ones((2, 2)),))
    assert shallow.citation() == ENTRIES["saxe2019mathematical"]


def test_entries_are_printed_once_and_in_order():
    keys = list(ENTRIES)
    assert bibtex([keys[1], keys[0], keys[1]]) == f"{ENTRIES[keys[1]]}\n\n{ENTRIES[keys[0]]}"


def test_the_citation_file_is_of_this_version():
    root = Path(__file__).parents[2]
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\nversion: {version}\n" in text
    assert "arXiv:1312.6120" in text
