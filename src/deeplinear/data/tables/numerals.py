"""How numbers are written in a text file: decimal mark, thousands, minus signs; and what only looks like a number."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from deeplinear.data.roles import Roles

MISSING = frozenset(  # in lower case
    [
        "na",
        "n/a",
        "nan",
        "-nan",
        "<na>",
        "nat",
        "none",
        "null",
        "nil",
        "?",
        "-",
        "--",
        ".",
        "..",
        "#n/a",
        "#na",
        "#div/0!",
        "#value!",
        "#ref!",
        "#name?",
        "#num!",
        "#null!",
        "missing",
        "1.#ind",
        "-1.#ind",
        "1.#qnan",
        "-1.#qnan",
    ]
) | {""}
SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'’"
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}[.,]?"  # in English
DRESSES: tuple[tuple[str, str], ...] = (  # how a number may look that is none as it stands, and what it is
    (r"(\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})([ T]\d{1,2}:\d{2}.*)?", "a date"),
    (r"\d{4}-(0[1-9]|1[0-2])", "a date"),
    (
        rf"\d{{1,2}}\.?[- ]{MONTH}[- ]\d{{2,4}}|{MONTH} \d{{1,2}},? \d{{4}}|{MONTH}[- ]\d{{4}}|\d{{4}}[- ]{MONTH}([- ]\d{{1,2}})?",
        "a date",
    ),
    (r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?", "a time"),
    (r"[+−-]?[$€£¥₹][ +−-]?[\d.,]+|[+−-]?[\d.,]+ ?([$€£¥₹]|[A-Z]{3})", "a number with a currency"),
    (r"[+−-]?[\d.,]+ ?[%‰]", "a percentage"),
    (r"[+-]?0[xX][\da-fA-F]+|[+-]?0[bB][01]+", "a hexadecimal or binary number"),
    (r"\([\d.,]+\)", "a negative number in brackets"),
    (r"[+-]?inf(inity)?|[+-]?(\d+\.?\d*|\.\d+)e\+?\d+", "infinite or too large for float64"),
    (r"[+−-]?\d[\d.,_'’ \u00a0\u202f\u2009]*([eEdD][+-]?\d+)?", "a number with marks"),
    (r"[<>≤≥~≈]=? ?[+−-]?[\d.,]+", "a bound, not a number"),
)


@dataclass(frozen=True)
class Marks:
    """How numbers are written.

    Attributes:
        decimal: mark before the fraction.
        thousands: characters that may stand between groups of three digits; none if empty.
        dressed: whether numbers have such marks, another minus sign or Fortran's exponent; plain ones are read faster.
    """

    decimal: str = "."
    thousands: str = ""
    dressed: bool = False

    @property
    def pattern(self) -> str:
        """Regular expression that matches a whole number, for Python and for DuckDB."""
        point, groups = (
            re.escape(self.decimal),
            "".join(rf"\x{ord(c):02x}" if ord(c) < 256 else c for c in self.thousands),
        )
        whole = rf"([0-9]+|[0-9]{{1,3}}([{groups}][0-9]{{3}})+)" if self.thousands else "[0-9]+"
        return rf"[+\-−]?({whole}({point}[0-9]*)?|{point}[0-9]+)([eEdD][+\-]?[0-9]+)?"

    def reads(self, cell: str) -> bool:
        """Whether a cell is a number."""
        return bool(compiled(self).fullmatch(cell) if self.dressed else PLAIN.fullmatch(cell))

    def sql(self, cell: str) -> str:
        """DuckDB expression for the number in a cell, NULL where it is none.

        The condition also keeps DuckDB 2.0 from moving the cast into its csv reader, which raises instead.
        """
        if not self.dressed:
            return f"CASE WHEN contains({cell}, '_') THEN NULL ELSE TRY_CAST({cell} AS DOUBLE) END"
        bare = (
            f"regexp_replace(trim({cell}), '[{sql_text(self.thousands)}]', '', 'g')"
            if self.thousands
            else f"trim({cell})"
        )
        bare = f"translate({bare}, '−dD{sql_text(self.decimal)}', '-ee.')"
        pattern = sql_text(self.pattern)
        return f"CASE WHEN regexp_full_match(trim({cell}), '{pattern}') THEN TRY_CAST({bare} AS DOUBLE) END"

    def __str__(self) -> str:
        said = [f'decimal mark "{self.decimal}"'] if self.decimal != "." else []
        said += [f'thousands mark "{self.thousands[0]}"'] if self.thousands else []
        return " and ".join(said)


@functools.cache
def compiled(marks: Marks) -> re.Pattern[str]:
    """The pattern of a number, for Python."""
    return re.compile(marks.pattern)


def sql_text(text: str) -> str:
    """Text inside single quotes."""
    return text.replace("'", "''")


PLAIN_MARKS = Marks()
CANDIDATES = (  # fewer marks first
    Marks(dressed=True),
    Marks(",", "", True),
    Marks(".", ",", True),
    Marks(",", ".", True),
    Marks(".", SPACES, True),
    Marks(",", SPACES, True),
    Marks(".", APOSTROPHES, True),
    Marks(",", APOSTROPHES, True),
    Marks(".", "_", True),
)


ANY = re.compile("|".join(marks.pattern for marks in CANDIDATES))


def is_missing(cell: str | None) -> bool:
    """Whether a cell says that there is no value."""
    return cell is None or cell.strip().lower() in MISSING


def looks_like(cell: str) -> str:
    """What kind of number in disguise a cell is; empty for text."""
    return next((what for pattern, what in DRESSES if re.fullmatch(pattern, cell.strip(), re.IGNORECASE)), "")


def is_numeric(cell: str) -> bool:
    """Whether a cell is a number in any notation."""
    return bool(ANY.fullmatch(cell.strip()))


def decide_marks(function: str, file: str, names: Sequence[str], rows: Sequence[Sequence[str]], roles: Roles) -> Marks:
    """How numbers are written, from the first rows of a file.

    Raises:
        ValueError: commas could be decimal marks as well as thousands marks.
    """
    columns = [[cell.strip() for cell in column if not is_missing(cell)] for column in zip(*rows, strict=False)]
    candidates = CANDIDATES
    if roles.decimal is not None or roles.thousands is not None:
        thousands = next(
            (group for group in (SPACES, APOSTROPHES) if roles.thousands and roles.thousands in group), None
        )
        return Marks(
            roles.decimal or ("," if roles.thousands == "." else "."), thousands or roles.thousands or "", True
        )
    odd = [(name, cells) for name, cells in zip(names, columns, strict=False) if not all(map(PLAIN.fullmatch, cells))]
    odd = [(name, cells) for name, cells in odd if any(all(map(marks.reads, cells)) for marks in candidates)]
    if not odd:
        return PLAIN_MARKS
    plain = [cells for cells in columns if cells and all(map(PLAIN.fullmatch, cells))]
    fitting = [
        marks
        for marks in candidates
        if all(all(map(marks.reads, cells)) for _, cells in odd)
        and (marks.decimal == "." or all(all(map(marks.reads, cells)) for cells in plain))
    ]
    name, cells = odd[0]
    if not fitting or {Marks(",", "", True), Marks(".", ",", True)} <= set(fitting):
        cell = next(cell for cell in cells if not PLAIN.fullmatch(cell))
        raise ValueError(
            f"{function} needs numbers written in one way, got {cell!r} in column {name!r} of {file}: its marks could be "
            f"decimal or between thousands. Pass --decimal , or --thousands , (decimal=',' or thousands=',')."
        )
    return fitting[0]
