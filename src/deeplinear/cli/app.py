"""The commands together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from deeplinear.cli.laws import laws
from deeplinear.cli.listing import list_all
from deeplinear.cli.predict import predict
from deeplinear.cli.reproduce import reproduce
from deeplinear.cli.usage import refuse_repeated
from deeplinear.summary import docstring

AGAIN = "run again with --traceback to see it."
Abort = typer.Abort
CLICK_ERROR: type[Exception] = typer.BadParameter.__mro__[2]  # ClickException, wherever this version of Typer keeps it


def unmarked(params: list[Any]) -> list[Any]:
    """The parameters of a command; beside switches no type is shown, because they take no value."""
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params


class Command(TyperCommand):
    """A command whose switches show no type in its help, and that takes each option once."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Its arguments; of an option that is given twice, Typer would ignore all but the last."""
        refuse_repeated(ctx, args, self.make_parser(ctx).parse_args(args=list(args))[2])
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters."""
        return unmarked(super().get_params(ctx))


class Commands(TyperGroup):
    """The same for the commands together."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters."""
        return unmarked(super().get_params(ctx))


HELP = {"help_option_names": ["--help", "-h"]}

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP,
    help="Exact solutions for the learning dynamics of deep linear networks, compared with gradient descent.",
    epilog="Example: deeplinear reproduce fig3 --out results",
)


def print_version(asked: bool) -> None:
    """Print the version and leave, if it is asked for."""
    if asked:
        from importlib.metadata import version

        typer.echo(f"deeplinear {version('deeplinear')}")
        raise typer.Exit


@app.callback()
def options(
    traceback: Annotated[bool, typer.Option("--traceback", help="If a command fails, show where in the code.")] = False,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of every command; `deeplinear.cli.run` reads ``--traceback``."""


def add(command: Callable[..., None], name: str, example: str) -> None:
    """Put a command into the list; its help is its docstring, also where Python leaves docstrings out."""
    app.command(
        name, cls=Command, context_settings=HELP, help=docstring(command), epilog=f"Example: deeplinear {example}"
    )(command)


add(reproduce, "reproduce", "reproduce fig3 fig4 --scale paper --out results")
add(
    predict,
    "predict",
    "predict iris.csv --target species --depth 3 --simulate; deeplinear predict train.csv --target label --classes "
    "--drop id --drop-missing; deeplinear predict measurements.csv --decimal , --encoding cp1252",
)
add(list_all, "list", "list --json")
add(laws, "laws", "laws --json")
