"""``deeplinear list``: figures, data sets, initial conditions, activations and laws by name."""

from __future__ import annotations

import importlib

from deeplinear.cli.output import Json, depth_of, print_entries, say_json
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
        "laws": {law.name: f"{law.kind}, {depth_of(law.depths)}" for law in FORMULAS},
    }
    if as_json:
        say_json(lists)
        return
    for title, entries in lists.items():
        print_entries(title, entries)
