"""The command line: parse, call, print. What is heavy loads inside the command that uses it."""

from __future__ import annotations

import _thread
import importlib
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
DATA = ("hierarchy", "digits", "mnist", "semantic", "tree", "ring", "cluster", "ordering", "category")
CLICK_ERROR: type[Exception] = typer.BadParameter.__mro__[2]  # ClickException, wherever this version of Typer keeps it

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Exact learning dynamics of deep linear networks, and gradient descent beside it.",
    epilog="Example: deeplinear reproduce fig3 --out results",
)


class Scale(StrEnum):
    """How large figures are computed."""

    quick = "quick"
    paper = "paper"


class Inputs(StrEnum):
    """What is done to inputs first."""

    white = "white"
    centred = "centred"
    raw = "raw"


Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@app.command(epilog="Example: deeplinear reproduce fig3 fig4 --scale paper --out results")
def reproduce(
    names: Annotated[
        list[str] | None, typer.Argument(help="Figures, all if none are named.", show_default=False)
    ] = None,
    scale: Annotated[
        Scale, typer.Option(help="quick takes a few minutes for all figures; paper has the paper's sizes.")
    ] = Scale.quick,
    out: Annotated[Path, typer.Option(help="Folder for figures, arrays and claims.json.")] = Path("results"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again what is finished.")] = False,
    as_json: Json = False,
) -> None:
    """Compute the paper's figures and hold its claims against them.

    Finished figures are kept, so an interrupted run goes on where it stopped. Exit code 1 if a claim fails.
    """
    from deeplinear.figures import FIGURES
    from deeplinear.report.progress import progress
    from deeplinear.report.reproduce import reproduce as reproduced

    with progress(len(names or FIGURES)) as watch:
        results = reproduced(names or (), scale=scale.value, out=out, fresh=fresh, watch=watch)
    passed = all(result.passed for result in results)
    if as_json:
        figures = {result.name: result.record() for result in results}
        say_json({"scale": scale.value, "out": str(out), "passed": passed, "figures": figures})
    else:
        from rich.console import Console

        from deeplinear.report.table import claims_table

        console = Console()
        console.print(claims_table(results))
        claims = [claim for result in results for claim in result.claims]
        console.print(f"\n{sum(claim.passed for claim in claims)} of {len(claims)} claims hold; written to {out}")
        if any(result.reused for result in results):
            console.print("finished figures were reused; --fresh computes them again")
    if not passed:
        raise typer.Exit(FAILED)


@app.command(epilog="Example: deeplinear predict iris.csv --target species --depth 3 --simulate")
def predict(
    file: Annotated[Path, typer.Argument(help="npz with arrays x and y, or csv with a header.", show_default=False)],
    depth: Annotated[int, typer.Option(help="Weight matrices; layers are one more.")] = 2,
    target: Annotated[
        list[str] | None, typer.Option(help="csv: target column, may be repeated; the last if not given.")
    ] = None,
    inputs: Annotated[Inputs, typer.Option(help="Input preprocessing.")] = Inputs.white,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Run gradient descent too, for 200 000 epochs at most, and compare.")
    ] = False,
    width: Annotated[int, typer.Option(help="Width of every hidden layer.")] = 100,
    strength: Annotated[
        float, typer.Option(help="Initial strength of every mode, as a fraction of the largest target.")
    ] = 1e-3,
    rate: Annotated[
        float | None, typer.Option(help="Learning rate on the summed loss; the best one if not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="PNG to draw; FILE-modes.png if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Predict which modes of your data a deep linear network learns, when, and the largest stable learning rate.

    Losses are sums over examples, E = ½ Σ ‖y − W x‖². If your loss is a mean, multiply learning rates by the number of examples.
    """
    from deeplinear import data
    from deeplinear.report import modes_figure
    from deeplinear.report.predict import predict as predicted
    from deeplinear.report.prediction_text import print_prediction

    task = data.from_file(file, target=target or None, inputs=inputs.value)
    found = predicted(task, depth=depth, width=width, strength=strength, rate=rate, simulate=simulate)
    picture = out or file.with_name(f"{file.stem}-modes.png")
    if picture.suffix != ".png":
        raise ValueError(f"predict needs --out ending in .png, got {picture.name}: a picture is drawn. Rename it.")
    from matplotlib.figure import Figure

    figure = Figure(figsize=modes_figure.SIZE, layout="constrained")
    modes_figure.draw(found, figure)
    figure.savefig(picture, dpi=160)
    if as_json:
        left_out = [each._asdict() for each in task.left_out]
        say_json(found.record() | {"examples": task.examples, "left_out": left_out, "picture": str(picture)})
    else:
        print_prediction(found, picture)


@app.command("list", epilog="Example: deeplinear list --json")
def list_all(as_json: Json = False) -> None:
    """List figures, data sets, initial conditions, activations and laws."""
    from deeplinear import data, initial
    from deeplinear.activations import ACTIVATIONS
    from deeplinear.exact import FORMULAS
    from deeplinear.figures import FIGURES

    lists = {
        "figures": {name: first_line(FIGURES[name]) for name in FIGURES},
        "data sets": {name: first_line(getattr(data, name)) for name in DATA},
        "initial conditions": {
            name: first_line(getattr(initial, name)) for name in initial.__all__ if callable(getattr(initial, name))
        },
        "activations": {
            name: first_line(importlib.import_module(f"deeplinear.activations.{name}")) for name in ACTIVATIONS
        },
        "laws": {formula.name: f"{formula.kind}; {formula.depths} layers" for formula in FORMULAS},
    }
    if as_json:
        say_json(lists)
        return
    from rich.console import Console
    from rich.table import Table

    for title, entries in lists.items():
        table = Table(
            box=None, pad_edge=False, show_header=False, title=title, title_justify="left", title_style="bold"
        )
        for name, line in entries.items():
            table.add_row(f"  {name}", line)
        Console(highlight=False).print(table)


@app.command(epilog="Example: deeplinear laws --json")
def laws(as_json: Json = False) -> None:
    """List every exact solution with its source and conditions, in the order in which solve tries them."""
    from deeplinear.exact import CONDITIONS, FORMULAS

    if as_json:
        fields = ("name", "kind", "depths", "needs", "source")
        say_json(
            {"conditions": CONDITIONS, "laws": [{name: getattr(law, name) for name in fields} for law in FORMULAS]}
        )
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for law in FORMULAS:
        console.print(f"[bold]{law.name}[/bold]\n  {law.kind}, {law.depths} weight matrices; source: {law.source}")
        console.print(f"  needs: {', '.join(law.needs) or 'nothing'}\n", soft_wrap=True)
    table = Table(
        box=None, pad_edge=False, show_header=False, title="Conditions", title_justify="left", title_style="bold"
    )
    for name, meaning in CONDITIONS.items():
        table.add_row(f"  {name}", meaning)
    console.print(table)


def first_line(thing: Any) -> str:
    """The first line of a docstring, without quotes or full stop."""
    return ((thing.__doc__ or "").strip().splitlines() or [""])[0].rstrip(".").replace("`", "")


def say_json(value: Any) -> None:
    """Print JSON."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def say_wrong(text: str) -> None:
    """Print exactly one line on standard error."""
    sys.stderr.write(f"deeplinear: {' '.join(text.split())}\n")


def not_lost(unraisable: Any) -> None:
    """Raise Ctrl-C again where it fell into a callback that cannot raise: JAX registers one with the garbage collector."""
    if unraisable.exc_type is KeyboardInterrupt:
        _thread.interrupt_main()
    else:
        sys.__unraisablehook__(unraisable)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 success, 1 a claim failed, 2 bad input, 130 interrupted."""
    usual, sys.unraisablehook = sys.unraisablehook, not_lost
    try:
        code = app(args=arguments, standalone_mode=False) or 0
    except CLICK_ERROR as error:
        message = error.format_message()  # type: ignore[attr-defined]
        if message:  # empty where help was printed because nothing was asked
            say_wrong(f"{message} deeplinear --help shows what may be asked.")
        code = BAD_INPUT
    except (ValueError, OSError) as error:
        say_wrong(str(error))
        code = BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    finally:
        sys.unraisablehook = usual
    if code == INTERRUPTED:
        say_wrong("interrupted; what was finished is kept, and the same command goes on from there.")
    sys.exit(code)


if __name__ == "__main__":
    main()
