"""The command line: one file a command, each of which parses, calls and prints. What is heavy loads where it is used."""

from __future__ import annotations

import _thread
import sys
from typing import Any

from deeplinear.cli.output import say_wrong

BAD_INPUT, INTERRUPTED = 2, 130


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 success, 1 a claim failed, 2 bad input, 130 interrupted."""
    from deeplinear.cli import app

    usual, sys.unraisablehook = sys.unraisablehook, not_lost
    try:
        code = app.app(args=arguments, standalone_mode=False) or 0
    except app.CLICK_ERROR as error:
        message = error.format_message()  # type: ignore[attr-defined]
        if message:  # empty where help was printed because nothing was asked
            say_wrong(f"{message} deeplinear --help shows what may be asked.")
        code = BAD_INPUT
    except (ValueError, OSError) as error:
        say_wrong(str(error))
        code = BAD_INPUT
    except (KeyboardInterrupt, app.Abort):
        code = INTERRUPTED
    finally:
        sys.unraisablehook = usual
    if code == INTERRUPTED:
        say_wrong("interrupted; what was finished is kept, and the same command goes on from there.")
    sys.exit(code)


def not_lost(unraisable: Any) -> None:
    """Raise Ctrl-C again where it fell into a callback that cannot raise: JAX registers one with the garbage collector."""
    if unraisable.exc_type is KeyboardInterrupt:
        _thread.interrupt_main()
    else:
        sys.__unraisablehook__(unraisable)
