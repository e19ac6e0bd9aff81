"""Wrong commands, options and values in whole sentences, with the ones that exist."""

from __future__ import annotations

import inspect
import typing
from enum import Enum
from pathlib import Path
from typing import Any

KINDS = {int: "a whole number", float: "a number", Path: "a path", str: "a text"}


def sentence(error: Any, arguments: list[str]) -> str:
    """What was wrong with the arguments, for an error that Typer raised; empty where it printed help instead."""
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    message, kind = str(error.message or ""), type(error).__name__
    if kind == "BadOptionUsage" and "does not take a value" in message:
        return f"{error.option_name} takes no value: it is given or left out. Leave out what follows the =."
    if kind == "BadOptionUsage":
        return f"{error.option_name} needs a value, got nothing. Write one after it; --help says which."
    if context is None:
        return str(error.format_message())
    path = context.command_path
    command, see = path.removeprefix("deeplinear "), f"{path} --help describes them."
    if kind == "NoArgsIsHelpError":
        return ""
    if kind == "NoSuchOption":
        near = sorted(error.possibilities or ())
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        return f"{command} has no option {error.option_name}.{meant} Its options are {listed(options(context))}; {see}"
    if hasattr(context.command, "commands") and ("command" in message or kind == "NoSuchCommand"):
        names = list(context.command.commands)
        word = next((word for word in arguments if not word.startswith("-")), "")
        return f"there is no command {word!r}. The commands are {listed(names)}; {see}"
    if kind == "MissingParameter" and param is not None:
        return f"{command} needs {param.name.upper()}: {getattr(param, 'help', '') or 'an argument'} Run {path} --help."
    if param is not None:
        name, value = name_of(param), given(param, arguments)
        shown = name if name.startswith("-") else name.upper()
        return f"{shown} needs {wanted(param, context)}{value}. Run {path} --help for what it means."
    if "extra argument" in message:
        extra = message[message.find("(", message.find("argument(s)") + 11) :].strip("() .")
        return f"{command} takes fewer arguments, got {extra} as well. Put names with spaces in quotes; {see}"
    return f"{message.rstrip('.')}. Run {path} --help for what may be asked."


def options(context: Any) -> list[str]:
    """Names of all options of a command."""
    return [name_of(param) for param in context.command.get_params(context) if param.opts[0].startswith("-")]


def name_of(param: Any) -> str:
    """The long name of an option, or the name of an argument; the order in which Typer keeps ``--help`` and ``-h`` is not fixed."""
    return max(param.opts, key=len)


def refuse_repeated(context: Any, arguments: list[str], params: list[Any]) -> None:
    """Refuse an option that takes one value and is given twice, and a switch that is given both ways.

    Args:
        context: of the command.
        arguments: as given.
        params: what Typer found in them, in their order.

    Raises:
        ValueError: names the options.
    """
    command = context.command_path.removeprefix("deeplinear ")
    for param in params:
        if params.count(param) < 2 or getattr(param, "multiple", False) or not param.opts[0].startswith("-"):
            continue
        both = [name for name in (*param.opts, *param.secondary_opts) if name in arguments]
        if len(both) > 1 and set(both) & set(param.secondary_opts):
            raise ValueError(
                f"{command} needs one of {listed(both)}, got both: they mean the opposite of each other. Leave one out."
            )
        raise ValueError(f"{command} needs {name_of(param)} once, got it twice: only one can be meant. Leave one out.")


def wanted(param: Any, context: Any) -> str:
    """What kind of value a parameter takes, from the signature of the command."""
    function = inspect.unwrap(context.command.callback) if context.command.callback else None
    hint = typing.get_type_hints(function).get(param.name) if function and param is not None else None
    for kind in (hint, *typing.get_args(hint)):
        if inspect.isclass(kind) and issubclass(kind, Enum):
            return f"one of {', '.join(str(each.value) for each in kind)}"
        if kind in KINDS:
            return KINDS[kind]
        if typing.get_origin(kind) is list:
            return "a name"
    return "a value"


def given(param: Any, arguments: list[str]) -> str:
    """The value that stands after an option, in words; empty where it is not found."""
    for word, value in zip(arguments, [*arguments[1:], ""], strict=True):
        for name in param.opts:
            if word == name:
                return f", got {value!r}"
            if word.startswith(f"{name}="):
                return f", got {word[len(name) + 1 :]!r}"
    return ""


def listed(names: list[str]) -> str:
    """Names in a row: a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
