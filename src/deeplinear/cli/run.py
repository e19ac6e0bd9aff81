"""One command from its arguments to its exit code: every way in which it can end is one line on standard error."""

from __future__ import annotations

import _thread
import contextlib
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any

from deeplinear.cli import app
from deeplinear.cli.causes import cause
from deeplinear.cli.codes import CLOSED, INTERRUPTED
from deeplinear.cli.output import say_wrong
from deeplinear.cli.terminal import plain_where_needed

RESUMES = "finished figures and pieces of unfinished ones are kept; run the same command again to resume."


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    with plain_where_needed(), interruptions_seen():
        try:
            code = app.app(args=without_traceback(given), prog_name="deeplinear", standalone_mode=False) or 0
            sys.stdout.flush()
        except (KeyboardInterrupt, app.Abort):
            code = INTERRUPTED
        except BrokenPipeError:
            code = CLOSED
        except SystemExit as leaving:
            if not isinstance(leaving.__context__, BrokenPipeError):  # Typer leaves with 1, as if a claim had failed
                raise
            code = CLOSED
        except Exception as error:
            code, text = cause(error, given)
            if given != without_traceback(given):
                traceback.print_exception(error)
                text = text.replace(f"; {app.AGAIN}", "")
            if text:  # empty where help was printed because nothing was asked
                say_wrong(text)
        if code == INTERRUPTED:
            command = next((word for word in given if not word.startswith("-")), "")
            say_wrong("interrupted; " + RESUMES if command == "reproduce" else "interrupted.")
        if code == CLOSED or not flushed():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
    return int(code)


def without_traceback(arguments: list[str]) -> list[str]:
    """The arguments without ``--traceback``, which may stand anywhere: people add it at the end."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [word for word in arguments[:end] if word != "--traceback"] + arguments[end:]


def flushed() -> bool:
    """Whether what was printed could be written."""
    try:
        sys.stdout.flush()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def interruptions_seen() -> Iterator[None]:
    """Inside this block, Ctrl-C is not lost in callbacks that cannot raise."""
    usual, sys.unraisablehook = sys.unraisablehook, not_lost
    try:
        yield
    finally:
        sys.unraisablehook = usual


def not_lost(unraisable: Any) -> None:
    """Raise Ctrl-C again where it fell into a callback that cannot raise: JAX registers one with the garbage collector."""
    if unraisable.exc_type is KeyboardInterrupt:
        _thread.interrupt_main()
    else:
        sys.__unraisablehook__(unraisable)
