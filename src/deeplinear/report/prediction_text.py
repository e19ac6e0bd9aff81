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

VISIBLE = 1e-3  # share of the squared targets beyond which the remaining loss is seen in the picture


def print_prediction(found: Prediction, picture: Path) -> None:
    """Print the modes of a prediction with their names, its rates, and how descent compares."""
    from rich.console import Console

    from deeplinear.report.modes_table import descent_table, modes_table, names_below, print_table

    console = Console(highlight=False)
    console.print(found.task.description, markup=False, soft_wrap=True)  # one line, also where it is read by a program
    for line in opening(found):
        console.print(line, markup=False)  # names of a user's columns are text
    print_table(modes_table(found, console.width), console.width)
    for line in names_below(found, console.width):
        console.print(line, markup=False)
    if found.run is not None:
        print_table(descent_table(found, console.width), console.width)
    for line in closing(found):
        console.print(line, markup=False)  # names of a user's columns are text
    console.print(f"The picture is in {picture}", markup=False, soft_wrap=True)


def opening(found: Prediction) -> Iterator[str]:
    """The network, and how the prediction was made."""
    task = found.task
    inputs, outputs = (
        f"{count} {name}{'s' if count != 1 else ''}" for count, name in ((task.n_in, "input"), (task.n_out, "output"))
    )
    yield f"network: depth {found.depth}, {inputs}, {outputs}"
    if found.aligned:
        return
    score = (
        f"The inputs are not aligned with the task: a mode correlates with other inputs by up to {task.misalignment:.3g}, where 0 is "
        f"aligned."
    )
    if found.exact:
        yield f"{score} So modes interact, and the gradient flow of the whole map was integrated."
    else:
        yield (
            f"{score} The prediction is approximate: it treats each mode on its own, because integrating the gradient flow of the whole map "
            f"would take too long, or the network is too narrow for all modes. Strengths may end off by "
            f"{percent(expected_error(task))} of the largest target. --inputs white makes the prediction exact."
        )


def closing(found: Prediction) -> Iterator[str]:
    """Modes that are not shown, rates, sharpness, and how descent compares."""
    modes = len(found.targets)
    if found.task.mode_names:
        yield (
            "A name lists the features whose correlation with the mode is at least two thirds of the largest; the correlation is "
            'negative for those after "less".'
        )
    if modes > SHOWN:
        left = modes - SHOWN
        yield f"The table leaves out {left} weaker mode{'s' if left > 1 else ''}; --json lists all modes."
    if modes < found.task.rank:
        left = found.task.rank - modes
        yield f"{left} weaker mode{'s do' if left > 1 else ' does'} not fit through a width of {found.width}."
    if not found.theory_complete:
        yield f"The theory ends at epoch {found.theory.times[-1]:.4g}, before every mode is learned."
    yield from rates(found)
    yield from times_of_steps(found)
    if found.task.floor > VISIBLE * found.task.output_power:
        yield (
            f"{percent(2 * found.task.floor / found.task.output_power)} of the squared targets remain as loss, because no linear map "
            f"without a bias explains them."
        )
    if found.rate > found.stable_rate:
        yield (
            "Unstable: the learning rate is above the largest stable one, so gradient descent cannot settle. Modes that are half learned "
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
    best = "the default, 1/λ" if default else f"the default is 1/λ = {found.best_rate:.4g}"
    yield (
        f"Learning rate {found.rate:.4g}: {best}, where λ is the largest curvature of the loss at its minimum. The largest stable "
        f"learning rate is 2/λ = {found.stable_rate:.4g}."
    )
    if found.aligned and default and found.task.anisotropy < ALIGNED and found.half_times[0] > 0:
        yield (
            f"At the default rate the first mode is half learned at epoch {found.half_times[0]:.4g} whatever the data, because that rate "
            f"is chosen for it. Compare the other modes with it, or pass --rate."
        )


def times_of_steps(found: Prediction) -> Iterator[str]:
    """How times of finite steps differ from those of continuous time; nothing where descent was run, which says more."""
    if found.run is not None or not found.half_times[0] > 0:
        return
    steps = (
        ""
        if found.first_step is None
        else f" With steps of this size half of the first mode is learned after step {found.first_step}."
    )
    yield f"Times are for small steps, the limit of continuous time.{steps} --simulate runs gradient descent itself."


def comparison(found: Prediction) -> Iterator[str]:
    """How far descent is from its law and from the continuous limit, and how long it was run."""
    assert found.run is not None
    epochs, apart = found.run.times[-1], found.deviations
    late = int(np.isnan(apart).sum())
    if late:
        more = "" if found.theory_complete else "more than "
        yield (
            f"Gradient descent was run for {epochs:.0f} epochs; learning takes {more}{found.theory.times[-1]:.4g}. {late} of {len(apart)} "
            f"modes are not half learned by then and were not compared."
        )
    if late == len(apart):
        return
    which = "the compared modes" if late else "any mode"
    if not found.exact:
        yield (
            f"Gradient descent over {epochs:.0f} epochs: the largest deviation of {which} from the approximate theory is "
            f"{percent(np.nanmax(apart))} of a target. It comes from modes that interact and from the finite step size."
        )
        return
    if found.aligned:
        yield (
            f"Gradient descent over {epochs:.0f} epochs: the largest deviation of {which} from the discrete law is "
            f"{percent(np.nanmax(apart))} of a target."
        )
    worst = int(np.nanargmax(np.abs(found.delays)))
    yield (
        f"Modes are half learned up to {abs(found.delays[worst]):.3g} epochs "
        f"{'later' if found.delays[worst] >= 0 else 'earlier'} than in continuous time. The largest deviation from the continuous-time "
        f"theory is {percent(np.nanmax(found.step_effects))} of a target. It comes from the finite step size and shrinks in proportion "
        f"to --rate."
    )
