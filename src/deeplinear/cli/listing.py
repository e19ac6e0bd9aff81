"""``deeplinear list``: what there is."""

from __future__ import annotations

import importlib

from deeplinear.cli.output import Json, say_json
from deeplinear.summary import first_line

DATA = ("hierarchy", "digits", "mnist", "semantic", "tree", "ring", "cluster", "ordering", "category")


def list_all(as_json: Json = False) -> None:
    """List figures, data sets, initial conditions, activations and laws."""
    import deeplinear.data as data
    import deeplinear.initial as initial
    from deeplinear.activations import ACTIVATIONS
    from deeplinear.exact import FORMULAS
    from deeplinear.figures import FIGURES

    lists = {
        "figures": {name: first_line(FIGURES[name]) for name in FIGURES},
        "data sets": {name: first_line(getattr(data, name)) for name in DATA},
        "initial conditions": {
            name: first_line(getattr(initial, name)) for name in initial.__all__ if callable(getattr(initial, name))
        },
        "activations": {
            name: first_line(importlib.import_module(f"deeplinear.activations.{name}")) for name in ACTIVATIONS
        },
        "laws": {formula.name: f"{formula.kind}; {formula.depths} layers" for formula in FORMULAS},
    }
    if as_json:
        say_json(lists)
        return
    from rich.console import Console
    from rich.table import Table

    for title, entries in lists.items():
        table = Table(
            box=None, pad_edge=False, show_header=False, title=title, title_justify="left", title_style="bold"
        )
        for name, line in entries.items():
            table.add_row(f"  {name}", line)
        Console(highlight=False).print(table)
