"""Claims as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from deeplinear.report.reproduce import Result


def claims_table(results: Iterable[Result]) -> Table:
    """Every claim of every figure: expected, measured, verdict."""
    table = Table(show_lines=False, pad_edge=False, box=None, header_style="bold")
    table.add_column("")
    table.add_column("claim", ratio=5)
    table.add_column("expected", ratio=4)
    table.add_column("measured", ratio=4)
    for result in results:
        found = "found finished" if result.reused else f"computed in {result.seconds:.1f} s"
        table.add_row("", Text(f"{result.name}, {result.scale} scale, {found}", style="bold"), "", "")
        for claim in result.claims:
            verdict = Text("✓", style="green") if claim.passed else Text("✗", style="bold red")
            table.add_row(verdict, *map(Text, (claim.text, claim.expected, claim.measured)))
    return table
