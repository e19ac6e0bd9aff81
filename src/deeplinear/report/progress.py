"""Progress on standard error: a line that moves on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 30.0  # seconds between plain lines


class PlainLines:
    """Writes lines for a log."""

    def __init__(self, total: int):
        self.total, self.begun, self.last = total, 0, 0.0

    def __call__(self, name: str, done: int = 0, total: int = 0) -> None:
        """A piece begins, or some of its parts are done."""
        now = time.monotonic()
        if not total:
            self.begun += 1
        elif now - self.last < EVERY:
            return
        self.last = now
        parts = f", {done} of {total} parts" if total else ""
        sys.stderr.write(f"{name} ({self.begun} of {self.total}){parts}\n")
        sys.stderr.flush()


@contextmanager
def progress(total: int, *, plain: bool = True) -> Iterator[Callable[..., None]]:
    """A function to call with the name of each piece of work as it begins, and with the parts done of all its parts.

    Where stderr is no terminal, each piece has a line when it begins, and its parts have one every `EVERY` seconds, if plain lines
    are wanted.
    """
    if not sys.stderr.isatty():
        yield PlainLines(total) if plain else (lambda name, done=0, total=0: None)
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
