"""Compiled code in a forked process waits for ever for threads that only the parent has; it is refused instead."""

from __future__ import annotations

import os

USED = [False]  # whether compiled code has run in this process
LOST = [False]  # whether this process was forked from one in which it had


def forked() -> None:
    """In a child: note whether the parent had run compiled code."""
    LOST[0] |= USED[0]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forked)


def require_own_threads(function: str) -> None:
    """Refuse compiled code in a process that was forked after compiled code had run.

    Raises:
        RuntimeError: it would wait for ever.
    """
    if LOST[0]:
        raise RuntimeError(
            f"{function} needs a process of its own, got one that was forked after JAX had run: JAX would wait for ever for threads "
            f'that were not copied. Start processes with multiprocessing.get_context("spawn"), or with joblib.'
        )
    USED[0] = True
