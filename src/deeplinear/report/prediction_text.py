"""A prediction in words, for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact.refusal import expected_error
from deeplinear.report.modes_table import SHOWN, percent
from deeplinear.report.prediction import ALIGNED

if TYPE_CHECKING:
    from deeplinear.report.prediction import Prediction

VISIBLE = 1e-3  # share of the squared targets beyond which the loss that stays is seen in the picture


def print_prediction(found: Prediction, picture: Path) -> None:
    """Print the modes of a prediction with their names, its rates, and how descent compares."""
    from rich.console import Console

    from deeplinear.report.modes_table import descent_table, modes_table

    console = Console(highlight=False)
    console.print(found.task.description, markup=False, soft_wrap=True)  # one line, also where it is read by a program
    for line in opening(found):
        console.print(line, markup=False)  # names of a user's columns are text
    console.print(modes_table(found, console.width))
    if found.run is not None:
        console.print(descent_table(found))
    for line in closing(found):
        console.print(line, markup=False)  # names of a user's columns are text
    console.print(f"drawn to {picture}", markup=False, soft_wrap=True)


def opening(found: Prediction) -> Iterator[str]:
    """The network, and how the prediction was made."""
    task = found.task
    inputs, outputs = (
        f"{count} {name}{'s' if count != 1 else ''}" for count, name in ((task.n_in, "input"), (task.n_out, "output"))
    )
    yield f"network: depth {found.depth}, {inputs}, {outputs}"
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


def closing(found: Prediction) -> Iterator[str]:
    """Modes that are not shown, rates, sharpness, and how descent compares."""
    modes = len(found.targets)
    if found.task.mode_names:
        yield (
            "A name lists the features whose correlation with the mode is at least two thirds of the largest. A minus sign means "
            "that the correlation is negative."
        )
    if modes > SHOWN:
        yield f"… and {modes - SHOWN} weaker modes; --json lists all"
    if modes < found.task.rank:
        left = found.task.rank - modes
        yield f"{left} weaker mode{'s do' if left > 1 else ' does'} not fit through a width of {found.width}"
    if not found.theory_complete:
        yield f"theory ends at epoch {found.theory.times[-1]:.4g}, before every mode is learned"
    yield from rates(found)
    yield from times_of_steps(found)
    if found.task.floor > VISIBLE * found.task.output_power:
        yield (
            f"{percent(2 * found.task.floor / found.task.output_power)} of the squared targets stays as loss: no linear map without a "
            f"bias explains it."
        )
    if found.rate > found.stable_rate:
        yield (
            "unstable: the rate is above the largest stable one, so that descent cannot settle. Modes that are half learned "
            "once oscillate or diverge afterwards. Pass a smaller --rate."
        )
    if found.path is not None and found.path.unstable_from is not None:
        yield (
            f"The curvature of the loss exceeds 2/rate = {found.path.limit:.4g} from epoch {found.path.unstable_from:.4g}: from there "
            f"gradient descent departs from these curves."
        )
    if found.run is not None:
        yield from comparison(found)


def rates(found: Prediction) -> Iterator[str]:
    """The learning rate, and the largest one that is stable."""
    default = found.rate == found.best_rate
    yield (
        f"learning rate {found.rate:.4g}"
        + (", the default: 1/λ, with λ the largest curvature of the loss at its minimum" if default else "")
        + f"; rates above {found.stable_rate:.4g} = 2/λ are unstable"
        + (
            ""
            if default
            else f", and {found.best_rate:.4g} = 1/λ is the default, with λ the largest curvature at the minimum"
        )
    )
    if found.aligned and default and found.task.anisotropy < ALIGNED and found.half_times[0] > 0:
        yield (
            f"At the default rate the first mode is half learned at epoch {found.half_times[0]:.4g} whatever the data, because that rate "
            f"is chosen for it. Compare the other modes with it, or pass --rate."
        )


def times_of_steps(found: Prediction) -> Iterator[str]:
    """How far times of steps are from those of continuous time; nothing where descent was run, which says more."""
    if found.run is not None or not found.half_times[0] > 0:
        return
    steps = (
        ""
        if found.first_step is None
        else f" Steps of this size have half of the first mode after step {found.first_step}."
    )
    yield f"Times are those of small steps, the limit of continuous time.{steps} --simulate runs gradient descent itself."


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
