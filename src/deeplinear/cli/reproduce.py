"""``deeplinear reproduce``: the paper's figures and claims."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deeplinear.cli.codes import FAILED
from deeplinear.cli.output import Json, say_json


class Scale(StrEnum):
    """How large figures are computed."""

    quick = "quick"
    paper = "paper"


def reproduce(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of figures; all of them if none is named.", show_default=False)
    ] = None,
    scale: Annotated[
        Scale, typer.Option(help="quick takes a few minutes for all figures; paper uses the sizes of the paper.")
    ] = Scale.quick,
    out: Annotated[Path, typer.Option(readable=False, help="Folder for figures, arrays and claims.json.")] = Path(
        "results"
    ),
    fresh: Annotated[bool, typer.Option("--fresh", help="Recompute figures that are already finished.")] = False,
    as_json: Json = False,
) -> None:
    """Reproduce the paper's figures and check each of its claims.

    Finished figures are kept, so the command resumes after an interruption. The exit code is 1 if a claim fails.
    """
    from deeplinear.figures import FIGURES
    from deeplinear.report.progress import progress
    from deeplinear.report.reproduce import reproduce as reproduced

    with progress(len(names or FIGURES), plain=not as_json) as watch:
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
        console.print(f"\n{sum(claim.passed for claim in claims)} of {len(claims)} claims hold. Figures are in {out}.")
        if any(result.reused for result in results):
            console.print("Finished figures were reused; --fresh recomputes them.")
    if not passed:
        raise typer.Exit(FAILED)
