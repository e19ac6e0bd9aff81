"""One pass over the bytes of a text file: its encoding, line ends and lines that are no rows."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deeplinear.data.tables.strangers import refuse_strangers

BLOCK = 1 << 20
LONGEST = 1 << 26  # bytes of one line: five million cells
MOST = 1 << 34  # bytes of text, after decompression
MARKS = (  # byte-order marks; utf-32 begins as utf-16 does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NO_ROW = re.compile(rb"\n(?:#|%|//|[ ,;\t|]*\r?\n)")  # begins with one byte, so that it is found fast


@dataclass(frozen=True)
class Survey:
    """What the bytes of a text file are like.

    Attributes:
        encoding: as Python names it.
        zipped: whether they are compressed with gzip.
        head: the first lines, decoded.
        lines: how many lines that are not blank.
        longest: bytes of the longest line.
        quotes: whether there is a double quote.
        regular: whether every line is a row: UTF-8, one kind of line end, no comments, no blank lines but the last.
    """

    encoding: str
    zipped: bool
    head: str
    lines: int
    longest: int
    quotes: bool
    regular: bool


def is_zipped(path: Path) -> bool:
    """Whether a file is compressed with gzip, by its first bytes."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> BinaryIO:
    """The bytes of a file, decompressed if it is gzip."""
    return gzip.open(path) if is_zipped(path) else path.open("rb")  # type: ignore[return-value]


def blocks(function: str, path: Path) -> Iterator[bytes]:
    """Whole lines, about a MiB at a time; errors as `survey`."""
    total = 0
    try:
        with open_bytes(path) as file:
            while block := file.read(BLOCK):
                block += file.readline(LONGEST)
                total += len(block)
                if len(block) > BLOCK + LONGEST - 1 or total > MOST:
                    raise ValueError(
                        f"{function} needs lines of at most {LONGEST >> 20} MiB and {MOST >> 30} GiB of text in all, got "
                        f"more in {path.name}: it would not fit into memory. Pass a part of it."
                    )
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{function} needs a whole file, got {path.name}, which cannot be decompressed: {error}. Copy or download it "
            f"again."
        ) from error


def survey(function: str, path: Path, encoding: str | None) -> Survey:
    """Read a file once and say what its bytes are like.

    Raises:
        ValueError: no table, NUL bytes, another encoding than UTF-8 and none was given, a broken archive, or too large.
    """
    source = blocks(function, path)
    block = next(source, b"")
    refuse_strangers(function, path, block)
    known = encoding or next((name for mark, name in MARKS if block.startswith(mark)), "utf-8")
    decoder = text_decoder(function, known)
    plain = codecs.lookup(known).name.startswith("utf-8")
    head, lines, longest, quotes, regular = None, 0, 0, False, plain
    while block:
        after = next(source, b"")
        text = decode(function, path, decoder, known, block, lines, final=not after)
        head = text if head is None else head
        raw = block if plain else text.encode("utf-8", "surrogatepass")
        if 0 in raw:
            raise ValueError(
                f"{function} needs text, got a NUL byte in {path.name}, line {lines + raw[: raw.index(0)].count(10) + 1}: "
                f"the file is binary, damaged, or in UTF-16. Save it as UTF-8, or pass --encoding utf-16 "
                f"(encoding='utf-16')."
            )
        returns, pairs = raw.count(b"\r"), raw.count(b"\r\n")
        regular = regular and returns == pairs and (not pairs or pairs == raw.count(b"\n"))
        regular = regular and not NO_ROW.search(b"\n" + (raw if after else raw.rstrip() + b"\n"))
        cut = raw.splitlines()
        longest = max(longest, max(map(len, cut), default=0))
        quotes = quotes or b'"' in raw
        lines += sum(1 for line in cut if line.strip())
        block = after
    return Survey(known, is_zipped(path), head or "", lines, longest, quotes, regular)


def text_decoder(function: str, encoding: str) -> codecs.IncrementalDecoder:
    """Decoder of an encoding; errors as `survey`."""
    try:
        if codecs.lookup(encoding)._is_text_encoding:  # type: ignore[attr-defined]
            return codecs.getincrementaldecoder(encoding)()
    except LookupError:
        pass
    raise ValueError(
        f"{function} needs an encoding that Python knows, got encoding={encoding!r}: the text cannot be decoded. Pass for "
        f"example utf-8, cp1252 or utf-16."
    )


def decode(
    function: str,
    path: Path,
    decoder: codecs.IncrementalDecoder,
    encoding: str,
    block: bytes,
    lines: int,
    *,
    final: bool,
) -> str:
    """Text of a block; errors as `survey`."""
    try:
        return decoder.decode(block, final)
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        shown = bytes(getattr(error, "object", block)[at : at + 1]).hex()
        raise ValueError(
            f"{function} needs text in {encoding}, got the byte 0x{shown} in {path.name}, about line "
            f"{lines + block[:at].count(10) + 1}: it is no {encoding}. Pass its encoding, such as --encoding cp1252 "
            f"(encoding='cp1252', Western European Windows) or latin-1, or save it as UTF-8."
        ) from error
