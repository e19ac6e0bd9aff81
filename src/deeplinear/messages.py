"""Words that errors share: a value as they repeat it, and articles."""

from __future__ import annotations

from typing import Any

import numpy as np

LONGEST = 80  # characters of a value that an error repeats
FEW = 8  # numbers of an array that an error repeats


def article(name: str) -> str:
    """``"a "``, or nothing before a plural."""
    return "" if len(name) > 1 and name.endswith("s") else "a "


def one_line(name: str) -> str:
    """A name out of a damaged file, without line breaks and other marks that no terminal shows."""
    return "".join(each if each.isprintable() else "?" for each in name)


def shown(value: Any) -> str:
    """A value as an error repeats it: one line, bounded, whatever it is."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and not isinstance(value, np.generic):
        few = isinstance(value, np.ndarray) and value.size <= FEW and value.dtype.kind in "biufcU" and value.ndim <= 1
        if few and not isinstance(value, np.ma.MaskedArray):
            return str(value.tolist())[: 2 * LONGEST]
        dtype = getattr(value, "dtype", "")
        kind = "array" if isinstance(value, np.ndarray) else type(value).__name__
        return f"{kind} of shape {tuple(shape)}" + f", {dtype}" * bool(dtype != "")
    if isinstance(value, list | tuple | set | dict) and len(value) > 2 * FEW:
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, list | tuple) and any(
        hasattr(each, "shape") and not isinstance(each, np.generic) for each in value
    ):
        return f"{type(value).__name__} of {len(value)} arrays"
    if callable(value) and hasattr(value, "__name__"):
        return f"{value.__name__}, a {type(value).__name__}"
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a class of the user's with a broken repr
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
