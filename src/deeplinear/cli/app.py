"""The commands together."""

from __future__ import annotations

import typer

from deeplinear.cli.laws import laws
from deeplinear.cli.listing import list_all
from deeplinear.cli.predict import predict
from deeplinear.cli.reproduce import reproduce

Abort = typer.Abort
CLICK_ERROR: type[Exception] = typer.BadParameter.__mro__[2]  # ClickException, wherever this version of Typer keeps it

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Exact learning dynamics of deep linear networks, and gradient descent beside it.",
    epilog="Example: deeplinear reproduce fig3 --out results",
)
app.command(epilog="Example: deeplinear reproduce fig3 fig4 --scale paper --out results")(reproduce)
app.command(
    epilog="Examples: deeplinear predict iris.csv --target species --depth 3 --simulate; deeplinear predict train.csv "
    "--target label --classes --drop id --drop-missing; deeplinear predict messwerte.csv --decimal , --encoding cp1252"
)(predict)
app.command("list", epilog="Example: deeplinear list --json")(list_all)
app.command(epilog="Example: deeplinear laws --json")(laws)
