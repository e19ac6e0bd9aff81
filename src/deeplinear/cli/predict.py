"""``deeplinear predict``: which modes of a user's data are learned, when, and the largest stable learning rate."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deeplinear.cli.output import Json, say_json
from deeplinear.cli.picture import picture_for

WORDS = {
    "tab": "\t",
    "\\t": "\t",
    "space": " ",
    "comma": ",",
    "semicolon": ";",
}  # separators that shells make hard to type

WIDTH = 100  # of hidden layers


class Inputs(StrEnum):
    """Input preprocessing."""

    white = "white"
    centred = "centred"
    centered = "centered"  # the same, in American spelling
    raw = "raw"


def predict(
    file: Annotated[
        Path,
        typer.Argument(
            readable=False,
            help="A table (csv, tsv, txt, gz, parquet) or arrays (npz, npy, mat, IDX).",
            show_default=False,
        ),
    ],
    depth: Annotated[int, typer.Option(help="Number of weight matrices: one more than hidden layers.")] = 2,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="<name>",
            help="Target column of a table, by name, or by position where it has no name of its own; may be repeated. Usually the last column if not given.",
        ),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="<name>", help="Column to leave out; may be repeated.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="<name>", help="Column that looks like an index and is a feature; may be repeated."),
    ] = None,
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
        str | None,
        typer.Option(
            metavar="<mark>", help="Character between the cells of a text file; tab and space may be written as words."
        ),
    ] = None,
    decimal: Annotated[str | None, typer.Option(metavar="<mark>", help="Decimal mark of a text file: . or ,")] = None,
    thousands: Annotated[
        str | None,
        typer.Option(metavar="<mark>", help="Mark between groups of three digits in a text file, such as a comma."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="<name>", help="Encoding of a text file, such as cp1252 or utf-16.")
    ] = None,
    x: Annotated[str | None, typer.Option("--x", metavar="<name>", help="Array of inputs in a file of arrays.")] = None,
    y: Annotated[
        str | None,
        typer.Option(
            "--y", metavar="<name>", help="Array of targets in a file of arrays, or the name of a file that holds them."
        ),
    ] = None,
    inputs: Annotated[
        Inputs,
        typer.Option(
            metavar="<white|centred|raw>",
            help="Input preprocessing: centred (or centered) subtracts the mean, white also scales every direction to unit variance.",
        ),
    ] = Inputs.white,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Also run gradient descent, for at most 200 000 epochs, and compare.")
    ] = False,
    width: Annotated[
        int | None, typer.Option(help=f"Width of every hidden layer; {WIDTH} if not given.", show_default=False)
    ] = None,
    strength: Annotated[
        float,
        typer.Option(help="Initial strength of every mode, as a fraction of the largest target; between 0 and 1."),
    ] = 1e-3,
    rate: Annotated[
        float | None, typer.Option(help="Learning rate for the summed loss; the best one if not given.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="Picture to draw (png, svg or pdf), in a folder that exists; FILE-modes.png if not given.",
        ),
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
    from deeplinear.report.progress import elapsed

    if depth == 1 and width is not None:
        raise ValueError(
            f"predict needs no --width with --depth 1, got --width {width}: a single weight matrix has no hidden layer. Leave one of "
            f"them out."
        )
    picture = picture_for(file, out)
    with elapsed(f"reading {file.name}", plain=not as_json):
        task = data.from_file(
            file,
            inputs=inputs.value,
            target=target or None,
            drop=drop or None,
            keep=keep or None,
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
    work = "running gradient descent" if simulate else "computing the prediction"
    with elapsed(work, plain=not as_json):
        wide = WIDTH if width is None else width
        found = predicted(task, depth=depth, width=wide, strength=strength, rate=rate, simulate=simulate)
    modes_figure.save(found, picture)
    if as_json:
        left_out = [each._asdict() for each in task.left_out]
        say_json(found.record() | {"examples": task.examples, "left_out": left_out, "picture": str(picture)})
    else:
        print_prediction(found, picture)
