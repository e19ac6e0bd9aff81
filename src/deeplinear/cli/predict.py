"""``deeplinear predict``: which modes of a user's data are learned, when, and how fast one may step."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deeplinear.cli.output import Json, say_json

WORDS = {
    "tab": "\t",
    "\\t": "\t",
    "space": " ",
    "comma": ",",
    "semicolon": ";",
}  # separators that shells make hard to type


class Inputs(StrEnum):
    """What is done to inputs first."""

    white = "white"
    centred = "centred"
    centered = "centered"  # the same, in American spelling
    raw = "raw"


def predict(
    file: Annotated[
        Path,
        typer.Argument(help="A table (csv, tsv, txt, gz, parquet) or arrays (npz, npy, mat, IDX).", show_default=False),
    ],
    depth: Annotated[int, typer.Option(help="Weight matrices; layers are one more.")] = 2,
    target: Annotated[
        list[str] | None, typer.Option(help="Target column of a table, may be repeated; usually the last if not given.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Column to leave out, may be repeated.")] = None,
    classes: Annotated[
        bool | None, typer.Option("--classes/--numbers", help="Whether integer labels are classes or numbers.")
    ] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether the first line of a table holds names.")
    ] = None,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="Leave out rows with missing cells instead of refusing them.")
    ] = False,
    separator: Annotated[
        str | None, typer.Option(help="Between the cells of a text file; tab and space are words.")
    ] = None,
    decimal: Annotated[str | None, typer.Option(help="Decimal mark of a text file: . or ,")] = None,
    thousands: Annotated[str | None, typer.Option(help="Mark between groups of three digits in a text file.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text file, such as cp1252 or utf-16.")] = None,
    x: Annotated[str | None, typer.Option("--x", help="Array of inputs in a file of arrays.")] = None,
    y: Annotated[
        str | None, typer.Option("--y", help="Array of targets in a file of arrays, or a file that holds them.")
    ] = None,
    inputs: Annotated[Inputs, typer.Option(help="Input preprocessing.")] = Inputs.white,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Run gradient descent too, for 200 000 epochs at most, and compare.")
    ] = False,
    width: Annotated[int, typer.Option(help="Width of every hidden layer.")] = 100,
    strength: Annotated[
        float,
        typer.Option(help="Initial strength of every mode, as a fraction of the largest target: between 0 and 1."),
    ] = 1e-3,
    rate: Annotated[
        float | None, typer.Option(help="Learning rate on the summed loss; the best one if not given.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="PNG to draw, in a folder that exists; FILE-modes.png if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Predict which modes of your data a deep linear network learns, when, and the largest stable learning rate.

    Losses are sums over examples, E = ½ Σ ‖y − W x‖². If your loss is a mean, multiply learning rates by the number of examples.
    """
    import deeplinear.data as data
    from deeplinear.report import modes_figure
    from deeplinear.report.predict import predict as predicted
    from deeplinear.report.prediction_text import print_prediction

    picture = picture_for(file, out)
    task = data.from_file(
        file,
        inputs=inputs.value,
        target=target or None,
        drop=drop or None,
        kind=None if classes is None else "classes" if classes else "numbers",
        header=header,
        drop_missing=drop_missing,
        separator=WORDS.get(separator or "", separator),
        decimal=decimal,
        thousands=thousands,
        encoding=encoding,
        x=x,
        y=y,
    )
    found = predicted(task, depth=depth, width=width, strength=strength, rate=rate, simulate=simulate)
    modes_figure.save(found, picture)
    if as_json:
        left_out = [each._asdict() for each in task.left_out]
        say_json(found.record() | {"examples": task.examples, "left_out": left_out, "picture": str(picture)})
    else:
        print_prediction(found, picture)


def picture_for(file: Path, out: Path | None) -> Path:
    """The PNG to draw.

    Raises:
        ValueError: it is no PNG, or it cannot be written: better said before anything is computed.
    """
    picture = out or file.with_name(f"{file.stem}-modes.png")
    if picture.suffix.lower() != ".png":
        raise ValueError(f"predict needs --out ending in .png, got {picture.name}: a picture is drawn. Rename it.")
    folder = picture.parent
    if not folder.is_dir():
        if out is None:
            return picture  # the data are not there either, which is said when they are read
        raise ValueError(
            f"predict needs a folder for its picture, got --out {picture}: there is no folder {str(folder)!r}. Make it, or name "
            f"another one."
        )
    if picture.is_dir() or not os.access(picture if picture.exists() else folder, os.W_OK):
        raise ValueError(
            f"predict needs a picture that it may write, got {str(picture)!r}: "
            + ("it is a folder" if picture.is_dir() else f"writing into the folder {str(folder)!r} is not permitted")
            + ". Name another file with --out."
        )
    return picture
