"""``deeplinear laws``: every exact solution with its source and conditions."""

from __future__ import annotations

from deeplinear.cli.output import Json, say_json


def laws(as_json: Json = False) -> None:
    """List every exact solution with its source and conditions, in the order in which solve tries them."""
    from deeplinear.exact import CONDITIONS, FORMULAS

    if as_json:
        fields = ("name", "kind", "depths", "needs", "source")
        say_json(
            {"conditions": CONDITIONS, "laws": [{name: getattr(law, name) for name in fields} for law in FORMULAS]}
        )
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for law in FORMULAS:
        console.print(f"[bold]{law.name}[/bold]\n  {law.kind}, {law.depths} weight matrices; source: {law.source}")
        console.print(f"  needs: {', '.join(law.needs) or 'nothing'}\n", soft_wrap=True)
    table = Table(
        box=None, pad_edge=False, show_header=False, title="Conditions", title_justify="left", title_style="bold"
    )
    for name, meaning in CONDITIONS.items():
        table.add_row(f"  {name}", meaning)
    console.print(table)
