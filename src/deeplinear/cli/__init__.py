"""The command line: one file a command, each of which parses, calls and prints. Heavy modules load where they are used.

Nothing but the exit codes is imported before `main` runs, because `main` answers Ctrl-C: an interruption while NumPy loads is one
line too.
"""

from deeplinear.cli.codes import INTERRUPTED


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code, one of `deeplinear.cli.codes`."""
    import sys

    pressed = False
    try:
        import signal

        def interrupt(number: int, frame: object) -> None:
            nonlocal pressed
            pressed = True
            raise KeyboardInterrupt

        usual = signal.getsignal(signal.SIGINT)
        ours = usual is signal.default_int_handler
        if ours:
            signal.signal(signal.SIGINT, interrupt)
        try:
            from deeplinear.cli.run import run

            code = run(arguments)
        finally:
            if ours:
                signal.signal(signal.SIGINT, usual)
    except BaseException as error:
        # an extension module that is interrupted while it loads raises an ImportError, or whatever it likes
        if not pressed and not isinstance(error, KeyboardInterrupt):
            raise
        sys.stderr.write("deeplinear: interrupted.\n")
        code = INTERRUPTED
    sys.exit(code)
