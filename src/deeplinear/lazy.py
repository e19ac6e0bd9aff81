"""Fields that are formed when they are first read: matrices that few callers need and that may be larger than the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)


class Lazy:
    """A field that holds a value, or a function without arguments that is called at the first reading."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None:
            return self
        held = instance.__dict__[self.name]
        if callable(held):
            held = instance.__dict__[self.name] = held()
        return held

    def __set__(self, instance: object, value: Any) -> None:
        instance.__dict__[self.name] = value


def lazy(*names: str) -> Callable[[Class], Class]:
    """Decorate a dataclass so that these fields may be given as functions; picklable ones, such as bound methods of dataclasses.

    Example:
        >>> from dataclasses import dataclass
        >>> @lazy("total")
        ... @dataclass
        ... class Sum:
        ...     total: float
        >>> Sum(2.0).total, Sum([1.0, 3.0].pop).total
        (2.0, 3.0)
    """

    def decorate(cls: Class) -> Class:
        for name in names:
            setattr(cls, name, Lazy(name))
        return cls

    return decorate


def unread(instance: object, name: str) -> Any:
    """What a lazy field holds: its value, or the function that forms it."""
    return instance.__dict__[name]
