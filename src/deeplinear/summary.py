"""Docstrings as descriptions for users, also under ``python -OO``, which leaves docstrings out of the code."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path
from typing import Any


def docstring(thing: Any) -> str:
    """The docstring of a module, class or function; read from the source file where Python has left it out."""
    known = inspect.getdoc(thing) if inspect.ismodule(thing) or thing.__doc__ else None
    if known:
        return known
    thing = thing if inspect.ismodule(thing) else inspect.unwrap(thing)
    try:
        file = inspect.getsourcefile(thing)
    except TypeError:
        return ""
    return docstrings(file).get("" if inspect.ismodule(thing) else thing.__qualname__, "") if file else ""


def first_line(thing: Any) -> str:
    """The first line of a docstring, without quotes or full stop."""
    return docstring(thing).partition("\n")[0].rstrip(".").replace("`", "")


@cache
def docstrings(file: str) -> dict[str, str]:
    """Docstrings of a source file by name; that of the module under ``""``."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    named = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    found = [("", ast.get_docstring(tree)), *((node.name, ast.get_docstring(node)) for node in named)]
    return {name: text for name, text in found if text}
