"""Where ``deeplinear predict`` draws its picture, and which files it never overwrites."""

from __future__ import annotations

import os
from pathlib import Path

from deeplinear.report.signature import METADATA, is_signed

LARGEST = 1 << 28  # bytes of a file that is read to see who made it


def picture_for(file: Path, out: Path | None) -> Path:
    """The picture of a prediction: ``--out``, or ``FILE-modes.png`` beside the data.

    Raises:
        ValueError: it has another ending, it cannot be written, or a file of that name was not made by deeplinear. This is said
            before anything is computed.
    """
    picture = out or file.with_name(f"{file.stem}-modes.png")
    if picture.suffix.lower() not in METADATA:
        *most, last = METADATA
        raise ValueError(
            f"predict needs --out to end in {', '.join(most)} or {last}, got {picture.name}: the ending says which kind of picture is "
            f"drawn. Rename it."
        )
    folder = picture.parent
    if not folder.is_dir():
        if out is None:
            return picture  # the data are not there either, which is said when they are read
        raise ValueError(
            f"predict needs a folder for its picture, got --out {picture}: there is no folder {str(folder)!r}. Make it, or name "
            f"another one."
        )
    why = obstacle(picture)
    if why:
        raise ValueError(
            f"predict needs a picture that it may write, got {str(picture)!r}: {why}. Name another file with --out."
        )
    return picture


def obstacle(picture: Path) -> str:
    """Why a picture in an existing folder must not or cannot be written; empty where it can."""
    if picture.is_dir():
        return "it is a folder"
    if not picture.exists():
        return "" if os.access(picture.parent, os.W_OK) else f"the folder {str(picture.parent)!r} is read-only"
    if not picture.is_file():
        return "it is no ordinary file"
    if not os.access(picture, os.W_OK):
        return "the file is read-only"
    return "" if may_overwrite(picture) else "a file of that name is there, and deeplinear did not make it"


def may_overwrite(picture: Path) -> bool:
    """Whether nothing of the user's is lost: the file is empty, or a picture of deeplinear."""
    try:
        size = picture.stat().st_size
        return size == 0 or (size <= LARGEST and is_signed(picture))
    except OSError:  # it may be written and not be read
        return False
