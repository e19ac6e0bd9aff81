"""One line on standard error while a call takes long, where somebody is there to read it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AFTER = 2.0  # seconds without a line
EVERY = 0.2  # seconds between two of them
SHOWN: set[int] = set()  # lines that are on the terminal now


def is_shown() -> bool:
    """Whether a line is on the terminal now, so that others wait."""
    return bool(SHOWN)


@contextmanager
def progress_line(function: str) -> Iterator[Callable[[float, str], None]]:
    """A function to call often, with the share done and what is counted; silent unless stderr is a terminal.

    Example:
        >>> with progress_line("flow") as tell:
        ...     tell(0.5, "1200 steps")
    """
    if not sys.stderr.isatty():
        yield lambda share, text: None
        return
    due, shown = time.monotonic() + AFTER, False

    def tell(share: float, text: str) -> None:
        nonlocal due, shown
        if (now := time.monotonic()) >= due:
            sys.stderr.write(f"\r{function}: {share:.1%}, {text}\x1b[K")
            sys.stderr.flush()
            due, shown = now + EVERY, True
            SHOWN.add(id(tell))

    try:
        yield tell
    finally:
        SHOWN.discard(id(tell))
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
