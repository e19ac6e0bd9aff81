"""Separator, quotes, names and first row of a text table, from its first lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from deeplinear.data.roles import Roles
from deeplinear.data.tables.header import has_header

SEPARATORS = ("\t", ";", "|", ",", " ")  # the first that cuts all lines alike; a comma may also be a decimal mark
SAMPLE_LINES, SAMPLE_CELLS = 200, 200_000
BLANK = " ,;|\t\r\n"
ERRORS = r"N/A|NA|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!"  # of spreadsheets: cells, not comments
COMMENT = re.compile(rf"\s*(#(?!{ERRORS})|%|//)+ ?")
RULE = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)
Rows = list[list[str]]


@dataclass(frozen=True)
class Dialect:
    """How cells are cut from lines.

    Attributes:
        separator: between cells; a space stands for any number of them.
        quote: around cells.
        skip: lines before the first row of data.
        skipped: how many of them are not blank.
        tall: whether a name runs over several lines.
        commented: whether comments come before the table, so that there may be more in it.
        names: of the columns; none where the file gives none.
        width: cells in a row.
        classes: names of classes 0, 1, …, where the first line gives them as in scikit-learn's files.
        sample: cells of the first rows of data.
    """

    separator: str
    quote: str
    skip: int
    skipped: int
    tall: bool
    commented: bool
    names: tuple[str, ...]
    width: int
    classes: tuple[str, ...]
    sample: Rows


def find_dialect(function: str, file: str, head: str, rows: int, roles: Roles) -> Dialect:
    """Find out how a text is cut into cells.

    Args:
        function: that the user called, for messages.
        file: its name, for messages.
        head: the first lines.
        rows: lines of the whole file that are not blank.
        roles: what the user said.

    Raises:
        ValueError: there is nothing to read, or the first line could be names as well as data.
    """
    lines = head.lstrip("\ufeff").splitlines(keepends=True)
    start, separator, comment = preamble(lines)
    table = [
        line
        for line in lines[start : start + SAMPLE_LINES]
        if line.strip(BLANK) and not (comment and COMMENT.match(line))
    ]
    if not table:
        raise ValueError(
            f"{function} needs a header and at least one row, got only comments in {file}: there are no examples. Write "
            f"names on the first line and one example on each line after it."
        )
    quote = "'" if re.match(r"'[^']*'\s*[,;\t|]", table[0]) else '"'
    separator = roles.separator or separator or find_separator(table, quote)
    cells, ends = cut(function, file, table, separator, quote)
    before = sum(1 for line in lines[:start] if line.strip())
    classes = scikit_learn(cells, rows - before) if roles.header is None else ()
    names: tuple[str, ...] = ()
    begin, sample = 0, cells
    above = cut(function, file, [comment], separator, quote)[0][0] if comment else []
    if classes:
        begin, sample = ends[0], cells[1:]
    elif has_header(function, file, cells, roles.header):
        names, begin, sample = tuple(name.strip() for name in cells[0]), ends[0], cells[1:]
    elif roles.header is None and len(above) == len(cells[0]) > 1:
        names = tuple(name.strip() for name in above)
    width = Counter(len(row) for row in sample).most_common(1)[0][0] if sample else len(cells[0])
    if names and width == len(names) + 1:  # R writes names of rows without a name above them; others a last separator
        names = names if not any(row[-1].strip() for row in sample if len(row) == width) else ("", *names)
    return Dialect(
        separator=separator,
        quote=quote,
        skip=start + begin,
        skipped=before + begin,
        tall=begin > 1,
        commented=bool(comment),
        names=names,
        width=len(names) or width,
        classes=classes,
        sample=sample,
    )


def preamble(lines: Sequence[str]) -> tuple[int, str | None, str]:
    """Lines before the table, the separator if one of them names it, and the last comment."""
    separator, comment = None, ""
    for i, line in enumerate(lines):
        if rule := RULE.fullmatch(line):
            separator = rule[1]
        elif COMMENT.match(line):
            comment = COMMENT.sub("", line, count=1)
        elif line.strip(BLANK):
            return i, separator, comment
    return len(lines), separator, comment


def find_separator(lines: Sequence[str], quote: str) -> str:
    """The first separator that cuts all lines into the same number of cells, or else most of them."""
    best, share = ",", 0.0
    for separator in SEPARATORS:
        widths = [len(row) for row in reader(lines, separator, quote)]
        width, count = Counter(widths).most_common(1)[0]
        if width > 1 and count / len(widths) > max(share, 0.5):
            best, share = separator, count / len(widths)
    return best


def csv_reader(lines: Iterable[str], separator: str, quote: str) -> Any:
    """Python's reader of csv; any number of blanks and tabs separates cells where a blank does."""
    aligned = separator == " "
    plain = (line.replace("\t", " ").strip() + "\n" if aligned else line for line in lines)
    return csv.reader(plain, delimiter=separator, quotechar=quote, skipinitialspace=True)


def reader(lines: Sequence[str], separator: str, quote: str) -> Rows:
    """Cells of lines without empty cells at their ends."""
    try:
        rows = list(csv_reader(lines, separator, quote))
    except csv.Error:
        return [[""]]
    rows = [row for row in rows if row]
    while rows and all(len(row) > 1 and not row[-1].strip() for row in rows):
        rows = [row[:-1] for row in rows]
    return rows or [[""]]


def cut(function: str, file: str, lines: Sequence[str], separator: str, quote: str) -> tuple[Rows, list[int]]:
    """Cells of the first rows, and the number of lines up to the end of each."""
    rows, ends, count = [], [], 0
    found = csv_reader(lines, separator, quote)
    try:
        for row in found:
            if row:
                rows.append(row)
                ends.append(found.line_num)
                count += len(row)
            if count > SAMPLE_CELLS and len(rows) > 1:
                break
    except csv.Error as error:
        raise not_cut(function, file, error) from error
    return rows or [[""]], ends or [1]


def not_cut(function: str, file: str, error: csv.Error) -> ValueError:
    """What is said where Python's reader of csv cannot cut a line."""
    remedy = "Check the quotes, or pass --separator (separator=)"
    if "field larger than field limit" in str(error):
        return ValueError(
            f"{function} needs cells of at most {csv.field_size_limit()} characters, got a longer one in {file}: a quote without its partner "
            f"may have joined lines, or cells are separated in another way. {remedy}."
        )
    return ValueError(f"{function} needs a table, got {file}: {error}. {remedy}.")


def scikit_learn(cells: Rows, rows: int) -> tuple[str, ...]:
    """Names of classes where the first line is ``rows, features, class, class …``."""
    first = [cell.strip() for cell in cells[0]]
    if len(first) < 3 or len(cells) < 2 or first[:2] != [str(rows - 1), str(len(cells[1]) - 1)]:
        return ()
    return tuple(first[2:])
