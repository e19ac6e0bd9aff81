"""Worker processes end with the process that started them, also where that was killed and could tell them nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

EVERY = 0.5  # seconds between two looks at the parent


def end_with(parent: int) -> None:
    """In a worker process, end soon after its parent has; elsewhere, and when called again, do nothing.

    A thread looks for the parent. Linux could send a signal instead (``PR_SET_PDEATHSIG``), but it sends it when the *thread*
    ends that started the worker, and executors start workers from threads of theirs.

    Args:
        parent: process number of who started the work; a worker on another machine, or of another program, has another.
    """
    if os.getpid() == parent or WATCHED or not hasattr(os, "getppid"):
        return
    if os.getppid() != parent:
        if multiprocessing.current_process().name.startswith("LokyProcess"):
            os._exit(1)  # it ended before the work began
        return  # a worker of a cluster, whose own parent looks after it
    WATCHED.append(parent)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent answers it
    threading.Thread(target=watch, args=(parent,), daemon=True, name="parent watch").start()


WATCHED: list[int] = []


def watch(parent: int) -> None:
    """Leave at once, without clean-up, when the parent has gone."""
    while os.getppid() == parent:
        time.sleep(EVERY)
    os._exit(1)
