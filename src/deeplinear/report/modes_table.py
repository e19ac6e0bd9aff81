"""Tables of predicted modes for the terminal: their names and learning times, and descent beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from deeplinear.report.prediction import Prediction

SHOWN = 20  # modes in a table
ROOM = 24  # characters for names of modes, or they stand below the table
NARROW = 60  # characters of a terminal: fewer do not hold the table of descent
ARROW = "→"  # between features and targets of a mode's name


def print_table(table: Table, width: int) -> None:
    """Print a table, wider than the terminal if need be: a number that is cut or wrapped would be another number."""
    from rich.console import Console

    for column in table.columns:
        if column.no_wrap:
            texts = [str(text) for text in (column.header, *column.cells)]
            column.min_width = max(len(line) for text in texts for line in text.split("\n"))
    console = Console(highlight=False)
    least = console.measure(table, options=console.options.update(width=1000)).minimum
    console.print(table, soft_wrap=least > width)


def modes_table(found: Prediction, width: int = 80) -> Table:
    """What each mode is, how strong, and when it is half learned; names that are too long for one line break at the arrow.

    In a narrow terminal the names are not in the table, and `names_below` has them.

    Args:
        found: modes, at most ``SHOWN`` of which have a row.
        width: of the terminal.
    """
    half = "half learned\nat epoch" if found.exact else "half learned\nat epoch, about"
    shown = range(min(len(found.targets), SHOWN))
    numbers = {
        "mode": [f"{i + 1}" for i in shown],
        "singular\nvalue": [f"{found.singular_values[i]:.4g}" for i in shown],
        "target": [f"{found.targets[i]:.4g}" for i in shown],
        half: [time(found.half_times[i]) for i in shown],
    }
    names = [str(name) for name in found.task.mode_names[: len(shown)]]
    room = width - sum(2 + max(map(len, [*name.split("\n"), *cells])) for name, cells in numbers.items())
    names = names if room >= ROOM else []
    broken = [name if len(name) <= room else name.replace(f" {ARROW} ", f"\n{ARROW} ") for name in names]
    columns: dict[str, list[str]] = (
        {"mode": numbers.pop("mode")} | ({f"features {ARROW} targets": broken} if names else {}) | numbers
    )
    table = plain_table(*columns)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*map(Text, row))
    return table


def names_below(found: Prediction, width: int) -> Iterator[str]:
    """The names of the modes in the table, a line each; none where they are in the table."""
    shown = found.task.mode_names[: min(len(found.targets), SHOWN)]
    if not any(ARROW in str(column.header) for column in modes_table(found, width).columns):
        yield from (f"mode {i + 1}: {name}" for i, name in enumerate(shown))


def descent_table(found: Prediction, width: int = 80) -> Table:
    """When each mode is half learned in theory and by gradient descent, and how far descent is from the discrete law."""
    assert found.run is not None
    against = "discrete law" if found.aligned else "theory" if found.exact else "approximate theory"
    headers = ("mode", "half learned:\ntheory", "\ndescent", "\ndelay", f"deviation from\n{against}")
    narrow = width < NARROW
    if narrow:  # a word on each line
        words = [header.split() for header in headers]
        most = max(map(len, words))
        headers = ["\n".join([""] * (most - len(each)) + each) for each in words]
    table = plain_table(*headers)
    table.collapse_padding = narrow
    for i in range(min(len(found.targets), SHOWN)):
        half, delay, apart = found.run.half_times[i], found.delays[i], found.deviations[i]
        row = [f"{i + 1}", time(found.half_times[i])]
        row += [f"{half:.4g}", f"{delay:+.3g}"] if np.isfinite(half) else ["not yet", ""]
        row.append(("—" if narrow else "not compared") if np.isnan(apart) else percent(apart))
        table.add_row(*map(Text, row))
    return table


def plain_table(*columns: str) -> Table:
    """A table without lines; numbers are to the right, and names take the room that is left."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        words = ARROW in name
        table.add_column(name, justify="left" if words else "right", overflow="fold", no_wrap=not words)
    return table


def time(epochs: float) -> str:
    """An epoch, if there is one."""
    return f"{epochs:.4g}" if np.isfinite(epochs) else "later"


def percent(share: float) -> str:
    """A share in per cent: one decimal, or a power of ten where that would say zero."""
    return f"{share:.1%}" if share >= 5e-4 else f"{100 * share:.0e} %"
