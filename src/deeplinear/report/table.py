"""Claims as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from deeplinear.report.reproduce import Result


def claims_table(results: Iterable[Result]) -> Group:
    """Every claim of every figure: expected, measured, verdict."""
    return Group(*map(table, results))


def table(result: Result) -> Table:
    """The claims of one figure."""
    found = "found finished" if result.reused else f"computed in {result.seconds:.1f} s"
    title = f"\n{result.name}, {result.scale} scale, {found}"
    rows = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for name, share in (("", None), ("claim", 5), ("expected", 4), ("measured", 4)):
        rows.add_column(name, ratio=share)
    for claim in result.claims:
        verdict = Text("✓", style="green") if claim.passed else Text("✗", style="bold red")
        rows.add_row(verdict, *map(Text, (claim.text, claim.expected, claim.measured)))
    return rows
