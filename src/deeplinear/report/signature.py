"""Pictures that carry the name of this package, so that a picture of somebody else is never overwritten."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

NAME = "deeplinear"
METADATA: dict[
    str, dict[str, str | None]
] = {  # for matplotlib, by the ending of the file; no date, so that pictures repeat
    ".png": {"Software": NAME},
    ".svg": {"Creator": NAME, "Date": None},
    ".pdf": {"Creator": NAME, "CreationDate": None},
}
PNG = b"\x89PNG\r\n\x1a\n"
MARKS = {
    b"<?xml": re.compile(rb"<dc:creator>\s*<cc:Agent>\s*<dc:title>" + NAME.encode() + rb"</dc:title>"),
    b"%PDF": re.compile(rb"/Creator \(" + NAME.encode() + rb"\)"),
}


def is_signed(file: Path) -> bool:
    """Whether a file is a picture of this package: what it says of itself decides, not its name."""
    content = file.read_bytes()
    if content.startswith(PNG):
        return f"Software\0{NAME}".encode() in texts(content)
    return any(content.startswith(start) and mark.search(content) for start, mark in MARKS.items())


def texts(png: bytes) -> Iterator[bytes]:
    """The text chunks of a PNG: a keyword, a zero byte and a text each."""
    at = len(PNG)
    while at + 8 <= len(png):
        (size,) = struct.unpack_from(">I", png, at)
        if png[at + 4 : at + 8] == b"tEXt":
            yield png[at + 8 : at + 8 + size]
        at += 12 + size
