"""A progress line on standard error, where somebody is there to read it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total: int) -> Iterator[Callable[..., None]]:
    """A function to call with the name of each piece of work as it begins, and with the parts done of all its parts.

    Silent unless stderr is a terminal.
    """
    if not sys.stderr.isatty():
        yield lambda name, done=0, total=0: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        begun = 0

        def watch(name: str, done: int = 0, total: int = 0) -> None:
            nonlocal begun
            begun += not total
            if total:
                name = f"{name}, {done} of {total}"
            bar.update(task, description=name, completed=begun - 1 + (done / total if total else 0.0))

        yield watch
