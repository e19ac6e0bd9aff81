"""Files that are no tables: what they are, from their first bytes."""

from __future__ import annotations

import re
from pathlib import Path

STRANGERS: tuple[tuple[bytes, str, str], ...] = (  # beginning, what it is, what to do
    (
        rb"\s*<(!doctype html|html|head|body)",
        "an HTML page",
        "The download failed or needs a login; fetch the file itself",
    ),
    (rb"\s*<(\?xml|svg)", "an XML document", "Export the table as csv"),
    (rb"version https://git-lfs", "a Git LFS pointer, not the data", "Fetch the data with git lfs pull"),
    (rb"\s*\[?\s*{\s*\"[^\"]*\"\s*:|\s*\[\s*\[", "JSON", "Save the table as csv"),
    (rb"(%[^\n]*\n|\s)*@relation", "an ARFF file", "Save the table as csv"),
    (rb"%PDF", "a PDF document", "Export the table as csv"),
    (rb"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save the sheet as csv"),
    (rb"PK\x03\x04", "a zip archive or an Excel workbook", "Unpack it, or save the sheet as csv"),
    (
        rb"BZh|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd|Rar!",
        "a compressed archive",
        "Unpack it; only gzip is read as it is",
    ),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "an image", "Write its pixels as numbers"),
    (rb"SQLite format 3", "an SQLite database", "Export the table as csv"),
)


def refuse_strangers(function: str, path: Path, head: bytes) -> None:
    """Refuse files of another kind.

    Raises:
        ValueError: says what the file is and what to do.
    """
    if not head.strip():
        raise ValueError(
            f"{function} needs a header and at least one row, got an empty file in {path.name}: there are no examples. "
            f"Write names on the first line and one example on each line after it."
        )
    for pattern, what, remedy in STRANGERS:
        if re.match(pattern, head, re.IGNORECASE):
            raise ValueError(f"{function} needs a table, got {what} in {path.name}: it has no rows of cells. {remedy}.")
