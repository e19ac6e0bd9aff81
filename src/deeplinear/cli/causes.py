"""Whose fault an error is: a wrong command, wrong input, too little memory, or a bug of ours; and what to say about it."""

from __future__ import annotations

import dis
import re
from pathlib import Path

from deeplinear.cli import app
from deeplinear.cli.codes import BAD_INPUT, BUG
from deeplinear.cli.usage import sentence

PACKAGE = str(Path(__file__).parents[1])
OURS = re.compile(r"[\w.:() ]+ needs? .+, got .+", re.DOTALL)  # the form of our messages, also from worker processes
LONGEST = 300  # characters of a foreign message that are repeated


def cause(error: Exception, arguments: list[str]) -> tuple[int, str]:
    """Exit code and one sentence or two for an error that ended a command."""
    if isinstance(error, app.CLICK_ERROR):
        return BAD_INPUT, sentence(error, arguments)
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        told = f": {str(error)[:LONGEST].rstrip('.')}" if str(error) else ""
        return (
            BAD_INPUT,
            f"there is not enough memory{told}. Use fewer examples or columns, a smaller width, or a larger machine.",
        )
    if (isinstance(error, ValueError) and is_ours(error)) or (isinstance(error, OSError) and is_of_the_machine(error)):
        return BAD_INPUT, str(error)
    told = f"{type(error).__name__}: {str(error)[:LONGEST]}".rstrip(".: ")
    return BUG, f"this is a bug in deeplinear: {told}. Please report it with the command; {app.AGAIN}"


def is_ours(error: ValueError) -> bool:
    """Whether a ``raise`` statement of this package raised the error, or its message has the form of ours.

    A ValueError of a library, or of a built-in function that we called, says nothing that a user could act on.
    """
    here = error.__traceback__
    if here is None:
        return False
    while here.tb_next is not None:
        here = here.tb_next
    code = here.tb_frame.f_code
    raised = dis.opname[code.co_code[here.tb_lasti]] == "RAISE_VARARGS"
    return (raised and code.co_filename.startswith(PACKAGE)) or (
        type(error) is ValueError and bool(OURS.match(str(error)))
    )


def is_of_the_machine(error: OSError) -> bool:
    """Whether the operating system reported the error: no such file, no permission, no space; or a ``raise`` of ours."""
    return error.errno is not None or is_ours(ValueError(str(error)).with_traceback(error.__traceback__))
