"""Progress on standard error: a line that moves on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deeplinear.progress_line import is_shown

EVERY = 30.0  # seconds between plain lines
AFTER = 10.0  # seconds before the first of them, where they tell the time
AT_ONCE = 2.0  # seconds before the line on a terminal
TICK = 0.5  # seconds between two of its states


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


@contextmanager
def elapsed(work: str, *, plain: bool = True) -> Iterator[None]:
    """Inside this block, say what takes so long: a line that moves on a terminal, else a plain line now and then, if wanted.

    A thread writes it, for the work may be a single call of a library.
    """
    moving = sys.stderr.isatty()
    if not moving and not plain:
        yield
        return
    begun, ended = time.monotonic(), threading.Event()
    end = "\x1b[K" if moving else "\n"

    def tell() -> None:
        wait = AT_ONCE if moving else AFTER
        while not ended.wait(wait):
            wait = TICK if moving else EVERY
            if moving and is_shown():  # a line that knows more
                continue
            begin = "\r" if moving else ""
            sys.stderr.write(f"{begin}{work}: {time.monotonic() - begun:.0f} s{end}")
            sys.stderr.flush()

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        if moving and time.monotonic() - begun > AT_ONCE:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
