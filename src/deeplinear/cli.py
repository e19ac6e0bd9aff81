"""The command line: parse, call, print. What is heavy loads inside the command that uses it."""

from __future__ import annotations

import _thread
import importlib
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from deeplinear.report.prediction import Prediction

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
    inputs: Annotated[Inputs, typer.Option(help="What is done to inputs first.")] = Inputs.white,
    simulate: Annotated[bool, typer.Option("--simulate", help="Run gradient descent too, and compare.")] = False,
    width: Annotated[int, typer.Option(help="Of every hidden layer.")] = 100,
    strength: Annotated[
        float, typer.Option(help="Of each mode at the start, as a share of the largest target.")
    ] = 1e-3,
    rate: Annotated[
        float | None, typer.Option(help="Learning rate on the summed loss; the best one if not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="PNG to draw; FILE-modes.png if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Say which modes of your data a deep linear network learns, when, and how fast it may step.

    Losses are sums over examples, E = ½ Σ ‖y − W x‖²: for the mean instead of the sum, multiply rates by their number.
    """
    from deeplinear import data
    from deeplinear.report import prediction

    task = data.from_file(file, target=target or None, inputs=inputs.value)
    found = prediction.predict(task, depth=depth, width=width, strength=strength, rate=rate, simulate=simulate)
    picture = out or file.with_name(f"{file.stem}-modes.png")
    if picture.suffix != ".png":
        raise ValueError(f"predict needs --out ending in .png, got {picture.name}: a picture is drawn. Rename it.")
    from matplotlib.figure import Figure

    figure = Figure(figsize=prediction.SIZE, layout="constrained")
    prediction.draw(found, figure)
    figure.savefig(picture, dpi=160)
    if as_json:
        left_out = [each._asdict() for each in task.left_out]
        say_json(found.record() | {"examples": task.examples, "left_out": left_out, "picture": str(picture)})
    else:
        say_prediction(found, picture)


def say_prediction(found: Prediction, picture: Path) -> None:
    """Print a prediction for people."""
    from rich.console import Console
    from rich.table import Table

    console, task = Console(highlight=False), found.task
    console.print(f"{task.examples} examples, {task.n_in} inputs, {task.n_out} outputs, depth {found.depth}")
    if task.left_out:
        from deeplinear.left_out import listed

        what = "left out" if task.input_rank == task.n_in else "inputs that add nothing to the others"
        console.print(f"{what}: {listed(task.left_out)}", markup=False)
    if not found.exact:
        console.print(
            f"approximate: inputs are not aligned with the task (diagonality score {task.diagonality:.3g}, "
            f"misalignment {task.misalignment:.3g}; 0 is aligned); each mode is taken on its own. --inputs white makes it exact."
        )
    table = Table(box=None, pad_edge=False, header_style="bold")
    simulated = () if found.run is None else ("descent", "largest deviation")
    for name in ("mode", "singular value", "target", "half learned at epoch", *simulated):
        table.add_column(name, justify="right")
    shown = min(len(found.targets), 20)
    for i in range(shown):
        row = [f"{i + 1}", f"{found.singular_values[i]:.4g}", f"{found.targets[i]:.4g}", f"{found.half_times[i]:.4g}"]
        if found.run is not None:
            row += [f"{found.run.half_times[i]:.4g}", f"{found.deviations[i]:.1%}"]
        table.add_row(*row)
    console.print(table)
    if shown < len(found.targets):
        console.print(f"… and {len(found.targets) - shown} weaker modes; --json lists all")
    if len(found.targets) < task.rank:
        console.print(f"{task.rank - len(found.targets)} weaker modes do not fit through a width of {found.width}")
    console.print(
        f"best rate {found.best_rate:.4g}, largest stable rate {found.stable_rate:.4g}, used {found.rate:.4g}"
    )
    if found.path is not None:
        leaves = found.path.unstable_from
        console.print(
            f"sharpness up to {found.path.sharpness.max():.4g} where descent bears 2/rate = {found.path.limit:.4g}"
            + ("" if leaves is None else f": beyond it, and off the path, from epoch {leaves:.4g}")
        )
    if found.run is not None:
        cause = (
            "finite steps, in proportion to --rate" if found.exact else "finite steps and inputs that are not aligned"
        )
        console.print(
            f"gradient descent over {found.run.times[-1]:.0f} epochs: largest deviation from theory "
            f"{found.deviations.max():.2%} of a target, from {cause}"
        )
    console.print(f"drawn to {picture}")


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
