"""Printing where the terminal knows fewer characters than we use: it shows plainer ones, and no command fails for it."""

from __future__ import annotations

import codecs
import contextlib
import sys
import unicodedata
from collections.abc import Iterator

HANDLER = "deeplinear.plain"
PLAIN = {
    "✓": "ok", "✗": "failed", "−": "-", "–": "-", "—": "-", "…": "...", "‖": "||", "½": "1/2", "×": "x", "·": "*",
    "±": "+-", "≤": "<=", "≥": ">=", "≈": "~", "→": "->", "←": "<-", "∞": "inf", "√": "sqrt", "∏": "prod", "∂": "d",
    "‘": "'", "’": "'", "“": '"', "”": '"', "ᵀ": "^T", "⁻": "-", "°": " degrees",
}  # fmt: skip


def plainer(error: UnicodeError) -> tuple[str, int]:
    """An error handler for `codecs`: characters that cannot be encoded in ASCII, names of Greek letters among them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(ascii_for, error.object[error.start : error.end])), error.end


def ascii_for(character: str) -> str:
    """A character in ASCII.

    Example:
        >>> "".join(map(ascii_for, "✓ Σ¹¹ λ₀ ö …")), ascii_for("漢")
        ('ok Sigma11 lambda0 o ...', '?')
    """
    if character.isascii():
        return character
    if character in PLAIN:
        return PLAIN[character]
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    words = unicodedata.name(character, "").split()
    if not plain and words[:1] == ["GREEK"] and "LETTER" in words:
        name = words[words.index("LETTER") + 1].lower().replace("lamda", "lambda")
        return name.capitalize() if "CAPITAL" in words else name
    return plain or "?"


def readable(text: str) -> str:
    """Text as the terminal will show it, for a table: its columns are as wide as the plainer characters."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return "".join(map(ascii_for, text))
    return text


@contextlib.contextmanager
def plain_where_needed() -> Iterator[None]:
    """Inside this block, standard output and error show plainer characters where they cannot show the right ones."""
    codecs.register_error(HANDLER, plainer)
    streams = [(stream, stream.errors) for stream in (sys.stdout, sys.stderr) if hasattr(stream, "reconfigure")]
    for stream, _ in streams:
        stream.reconfigure(errors=HANDLER)  # type: ignore[union-attr]
    try:
        yield
    finally:
        for stream, errors in streams:
            with contextlib.suppress(OSError, ValueError):  # a closed pipe cannot be flushed
                stream.reconfigure(errors=errors)  # type: ignore[union-attr]
