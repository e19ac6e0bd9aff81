"""README is short, its links lead somewhere, and its picture is what its command draws."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from deeplinear import cli

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_read_in_a_minute():
    assert len(TEXT.splitlines()) <= 90


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).is_file(), target


def test_the_picture_is_what_its_command_draws(tmp_path, monkeypatch):
    """But for fonts and rounding of the drawing library, which may change with its version."""
    from matplotlib.image import imread
    from sklearn.datasets import load_iris

    flowers = load_iris()
    names = [*(name.removesuffix(" (cm)") for name in flowers.feature_names), "species"]
    rows = [[*map(str, x), flowers.target_names[y]] for x, y in zip(flowers.data.tolist(), flowers.target, strict=True)]
    (tmp_path / "iris.csv").write_text("\n".join(",".join(row) for row in [names, *rows]) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command = re.search(r"`(deeplinear predict iris\.csv .*?)` makes this picture", TEXT)[1]
    with pytest.raises(SystemExit) as ended:
        cli.main([*shlex.split(command)[1:]])
    assert ended.value.code in (0, None)
    drawn, shown = (imread(file) for file in (tmp_path / "iris-modes.png", ROOT / "docs" / "iris-modes.png"))
    assert drawn.shape == shown.shape
    assert np.abs(drawn - shown).mean() < 0.002  # of 1; with a rate of .0004 instead of .0005 it is .0033
