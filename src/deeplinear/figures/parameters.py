"""Arguments of figures, held against the types that their `compute` asks for."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any, TypeVar

import numpy as np

Compute = TypeVar("Compute", bound=Callable[..., Any])

WORDS = {int: "an integer", float: "a finite number", str: "a text", dict: "a dictionary", type(None): "None"}
KINDS = {
    int: np.integer | int,
    float: np.floating | np.integer | float | int,
    str: str,
    dict: dict,
    type(None): type(None),
}


def typed(compute: Compute) -> Compute:
    """Refuse arguments of the wrong type before a figure computes anything.

    Raises:
        ValueError: an argument is of another type than its annotation says; names the figure, the argument and the type.
    """
    figure = compute.__module__.rsplit(".", 1)[-1]

    @wraps(compute)
    def refuse_or_compute(**arguments: Any) -> Any:
        hints = hints_of(compute)
        wrong = [f"{name}={brief(value)}" for name, value in arguments.items() if not fits(value, hints.get(name, Any))]
        if wrong:
            name = wrong[0].split("=")[0]
            raise ValueError(
                f"{figure} needs {name} to be {words(hints[name])}, got {wrong[0]}: it cannot be computed with that. The dictionaries "
                f"QUICK and PAPER of deeplinear.figures.{figure} are examples."
            )
        unknown, missing = sorted(set(arguments) - set(hints)), sorted(set(hints) - {"return"} - set(arguments))
        if unknown or missing:
            what = f"the unknown {', '.join(unknown)}" if unknown else f"no {', '.join(missing)}"
            raise TypeError(
                f"{figure} needs the arguments {', '.join(name for name in hints if name != 'return')}, got {what}. Change entries of "
                f"deeplinear.figures.{figure}.QUICK or PAPER and pass all of it."
            )
        return compute(**arguments)

    return refuse_or_compute  # type: ignore[return-value]


@cache
def hints_of(compute: Callable[..., Any]) -> dict[str, Any]:
    """Annotations as types."""
    return typing.get_type_hints(compute)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type; lists and arrays serve for tuples, and integers for numbers, but no bools."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, part) for part in parts)
    if origin is tuple:
        if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
            return False
        each = parts[:1] * len(value) if parts[1:] == (...,) else parts
        return len(value) == len(each) and all(fits(one, part) for one, part in zip(value, each, strict=True))
    kind = KINDS.get(origin or hint, origin or hint)
    number = hint in (int, float)
    return isinstance(value, kind) and not (number and (isinstance(value, bool) or not np.isfinite(value)))


def brief(value: Any) -> str:
    """A value on one line of bearable length."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def words(hint: Any) -> str:
    """A type in words."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(words, parts))
    if origin is tuple and parts[1:] == (...,):
        return f"several, each {words(parts[0])}"
    if origin is tuple:
        return "(" + ", ".join(map(words, parts)) + ")"
    return WORDS.get(origin or hint, getattr(origin or hint, "__name__", str(hint)))
