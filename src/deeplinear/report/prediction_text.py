"""A prediction in words, for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact.refusal import expected_error
from deeplinear.left_out import listed

if TYPE_CHECKING:
    from deeplinear.report.prediction import Prediction

SHOWN = 20  # modes in the table


def print_prediction(found: Prediction, picture: Path) -> None:
    """Print the modes of a prediction, its rates, and how descent compares."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for line in opening(found):
        console.print(line, markup=False)  # names of a user's columns are text
    table = Table(box=None, pad_edge=False, header_style="bold")
    simulated = () if found.run is None else ("descent", "delay", "deviation")
    for name in ("mode", "singular value", "target", "half learned at epoch", *simulated):
        table.add_column(name, justify="right")
    for row in rows(found):
        table.add_row(*row)
    console.print(table)
    for line in closing(found):
        console.print(line, markup=False)  # names of a user's columns are text
    console.print(f"drawn to {picture}")


def opening(found: Prediction) -> Iterator[str]:
    """What was predicted, and how."""
    task = found.task
    yield f"{task.examples} examples, {task.n_in} inputs, {task.n_out} outputs, depth {found.depth}"
    if task.left_out:
        what = "left out" if task.input_rank == task.n_in else "inputs that add nothing to the others"
        yield f"{what}: {listed(task.left_out)}"
    if found.aligned:
        return
    score = f"inputs are not aligned with the task (correlation of a mode with other inputs up to {task.misalignment:.3g}; 0 is aligned)"
    if found.exact:
        yield f"{score}: modes interact, and the flow of the whole map was integrated."
    else:
        yield (
            f"approximate: {score}; each mode is taken on its own, because the flow of the whole map would take too long or does "
            f"not fit through the network. Strengths may end off by {percent(expected_error(task))} of the largest target. "
            f"--inputs white makes it exact."
        )


def rows(found: Prediction) -> Iterator[list[str]]:
    """One row of the table for each mode."""
    for i in range(min(len(found.targets), SHOWN)):
        row = [f"{i + 1}", f"{found.singular_values[i]:.4g}", f"{found.targets[i]:.4g}"]
        row.append(f"{found.half_times[i]:.4g}" if np.isfinite(found.half_times[i]) else "later")
        if found.run is not None:
            half, delay, apart = found.run.half_times[i], found.delays[i], found.deviations[i]
            row += [f"{half:.4g}", f"{delay:+.3g}"] if np.isfinite(half) else ["not yet", ""]
            row.append("not compared" if np.isnan(apart) else percent(apart))
        yield row


def closing(found: Prediction) -> Iterator[str]:
    """Modes left out, rates, sharpness, and what descent did."""
    modes = len(found.targets)
    if modes > SHOWN:
        yield f"… and {modes - SHOWN} weaker modes; --json lists all"
    if modes < found.task.rank:
        left = found.task.rank - modes
        yield f"{left} weaker mode{'s do' if left > 1 else ' does'} not fit through a width of {found.width}"
    if not found.theory_complete:
        yield f"theory ends at epoch {found.theory.times[-1]:.4g}, before every mode is learned"
    yield f"best rate {found.best_rate:.4g}, largest stable rate {found.stable_rate:.4g}, used {found.rate:.4g}"
    if found.rate > found.stable_rate:
        yield (
            "unstable: the rate is above the largest stable one, so that descent cannot settle. Modes that are half learned "
            "once oscillate or diverge afterwards. Pass a smaller --rate."
        )
    if found.path is not None:
        leaves = found.path.unstable_from
        yield (
            f"largest sharpness along the way {found.path.sharpness.max():.4g}; descent at this rate is stable up to 2/rate = "
            f"{found.path.limit:.4g}" + ("" if leaves is None else f", which it exceeds from epoch {leaves:.4g}")
        )
    if found.run is not None:
        yield from comparison(found)


def comparison(found: Prediction) -> Iterator[str]:
    """How far descent is from what it should do, and from the continuous limit; how far it was run."""
    assert found.run is not None
    epochs, apart = found.run.times[-1], found.deviations
    late = int(np.isnan(apart).sum())
    if late:
        more = "" if found.theory_complete else "more than "
        yield (
            f"gradient descent was run for {epochs:.0f} epochs; learning takes {more}{found.theory.times[-1]:.4g}. {late} of {len(apart)} "
            f"modes are not half learned by then and were not compared."
        )
    if late == len(apart):
        return
    which = "the compared modes" if late else "any mode"
    if not found.exact:
        yield (
            f"gradient descent over {epochs:.0f} epochs: largest deviation of {which} from the approximate theory "
            f"{percent(np.nanmax(apart))} of a target. It comes from modes that interact and from the finite size of steps."
        )
        return
    if found.aligned:
        yield (
            f"gradient descent over {epochs:.0f} epochs: largest deviation of {which} from the law of its steps "
            f"{percent(np.nanmax(apart))} of a target"
        )
    worst = int(np.nanargmax(np.abs(found.delays)))
    yield (
        f"finite steps: half learned up to {abs(found.delays[worst]):.3g} epochs "
        f"{'later' if found.delays[worst] >= 0 else 'earlier'} than in continuous time, and up to "
        f"{percent(np.nanmax(found.step_effects))} of a target away from it. The latter shrinks in proportion to --rate."
    )


def percent(share: float) -> str:
    """A share in per cent: one decimal, or a power of ten where that would say zero."""
    return f"{share:.1%}" if share >= 5e-4 else f"{100 * share:.0e} %"
