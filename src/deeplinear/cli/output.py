"""Printing that commands share: JSON, names with their descriptions, and one line on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from deeplinear.cli.terminal import readable

ROOM = 40  # characters for the text beside names

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def say_json(value: Any) -> None:
    """Print JSON in ASCII, which any terminal and any reader takes."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def depth_of(depths: str) -> str:
    """The depths of a law in words.

    Example:
        >>> depth_of("1"), depth_of("> 2"), depth_of(">= 1")
        ('1 weight matrix', 'more than 2 weight matrices', '1 or more weight matrices')
    """
    if depths == "1":
        return "1 weight matrix"
    words = {">=": "{} or more", ">": "more than {}"}
    sign, _, number = depths.rpartition(" ")
    return f"{words.get(sign, '{}').format(number)} weight matrices"


def print_entries(title: str, entries: Mapping[str, str]) -> None:
    """Print names with a line of text beside each, or below it where the terminal is narrow."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    entries = {readable(name): readable(line) for name, line in entries.items()}
    console.print(Text(title, style="bold"))
    if max(map(len, entries)) + ROOM > console.width:
        for name, line in entries.items():
            console.print(Padding(Text(name), (0, 0, 0, 2)))
            console.print(Padding(Text(line), (0, 0, 0, 4)))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, line in entries.items():
        table.add_row(Text(f"  {name}"), Text(line))
    console.print(table)


def say_wrong(text: str) -> None:
    """Print exactly one line on standard error."""
    sys.stderr.write(f"deeplinear: {' '.join(text.split())}\n")
