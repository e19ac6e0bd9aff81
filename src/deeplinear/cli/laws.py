"""``deeplinear laws``: every exact solution with its source and conditions."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from deeplinear.cli.output import Json, depth_of, print_entries, say_json


def laws(
    as_json: Json = False,
    as_bibtex: Annotated[bool, typer.Option("--bibtex", help="Print the papers behind the laws as BibTeX.")] = False,
) -> None:
    """List every exact solution with its source and conditions, in the order in which solve tries them."""
    from deeplinear.exact import CONDITIONS, FORMULAS
    from deeplinear.exact.citations import bibtex

    if as_json and as_bibtex:
        raise ValueError(
            "laws needs one of --json and --bibtex, got both: each prints a format of its own. Leave one out."
        )
    if as_bibtex:
        sys.stdout.write(bibtex(key for law in FORMULAS for key in law.cites) + "\n")
        return
    if as_json:
        fields = ("name", "kind", "depths", "needs", "source", "cites")
        say_json(
            {"conditions": CONDITIONS, "laws": [{name: getattr(law, name) for name in fields} for law in FORMULAS]}
        )
        return
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for law in FORMULAS:
        console.print(Text(law.name, style="bold"))
        for line in (
            f"{law.kind}, {depth_of(law.depths)}; source: {law.source}",
            f"needs: {', '.join(law.needs) or 'nothing'}",
        ):
            console.print(Padding(Text(line), (0, 0, 0, 2)))
        console.print()
    print_entries("Conditions", CONDITIONS)
