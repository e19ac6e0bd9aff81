"""Results kept in a folder as npz files that hold numbers and JSON, and no pickles, which could run code when they are read."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, AttributeError, ImportError)


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A place to write, which takes the file's name once all is written: an interruption leaves no half of it."""
    part = file.with_name(f".{os.getpid()}-{file.name}")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def fingerprint(*things: Any) -> str:
    """A hash of numbers, texts, arrays, and tuples, lists and dictionaries of them.

    Raises:
        TypeError: something else.
    """
    arrays: list[np.ndarray] = []
    digest = hashlib.sha256(json.dumps(encoded(things, arrays), sort_keys=True).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def write(file: Path, key: str, result: Any) -> None:
    """Keep a result under a key.

    Raises:
        TypeError: a result of something else than numbers, texts, arrays, and tuples, lists and dictionaries of them.
    """
    arrays: list[np.ndarray] = []
    tree = json.dumps(encoded(result, arrays))
    with whole(file) as part, part.open("wb") as opened:
        np.savez(opened, allow_pickle=False, key=key, tree=tree, **{f"a{i}": array for i, array in enumerate(arrays)})


def read(file: Path, key: str) -> tuple[Any] | None:
    """The result kept under a key, in a tuple of one; None where there is none, or the file is damaged or another's."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
            if str(found["key"]) != key:
                return None
            return (decoded(json.loads(str(found["tree"])), found),)
    except UNREADABLE:
        return None


def encoded(thing: Any, arrays: list[np.ndarray]) -> Any:
    """A thing as JSON, with arrays and numbers of NumPy's put aside."""
    if thing is None or (isinstance(thing, bool | int | float | str) and not isinstance(thing, np.generic)):
        return thing
    if isinstance(thing, np.ndarray | np.generic) and thing.dtype.kind in "biufcUS":
        arrays.append(np.asarray(thing))
        return {"scalar" if isinstance(thing, np.generic) else "array": len(arrays) - 1}
    if isinstance(thing, Mapping):
        return {"dict": [[encoded(each, arrays) for each in pair] for pair in thing.items()]}
    if isinstance(thing, list):
        return {"list": [encoded(each, arrays) for each in thing]}
    if isinstance(thing, tuple):
        kind = type(thing)
        name = "" if kind is tuple else f"{kind.__module__}:{kind.__qualname__}"
        if name and not name.startswith("deeplinear."):
            raise TypeError(f"kept results hold tuples, got a {name}: other classes cannot be read again.")
        return {"tuple": [encoded(each, arrays) for each in thing], "name": name}
    raise TypeError(f"kept results hold numbers, texts and arrays, got a {type(thing).__name__}: nothing else is kept.")


def decoded(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The thing that `encoded` made JSON of."""
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        return arrays[f"a{tree['array']}"]
    if "scalar" in tree:
        return arrays[f"a{tree['scalar']}"][()]
    if "dict" in tree:
        return {decoded(key, arrays): decoded(value, arrays) for key, value in tree["dict"]}
    if "list" in tree:
        return [decoded(each, arrays) for each in tree["list"]]
    each = tuple(decoded(part, arrays) for part in tree["tuple"])
    return named(tree["name"])(*each) if tree["name"] else each


def named(name: str) -> type:
    """A named tuple of this package, by module and name."""
    module, _, kind = name.partition(":")
    found = getattr(importlib.import_module(module), kind) if module.startswith("deeplinear.") else None
    if not (isinstance(found, type) and issubclass(found, tuple)):
        raise ValueError(f"{name} is no named tuple of deeplinear")
    return found
