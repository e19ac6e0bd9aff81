"""Which task a figure runs on: a data set by name, or one of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from deeplinear.figures.parameters import brief
from deeplinear.task import Inputs, Task

NAMES = ("mnist", "digits")
WHITE = 1e-9  # anisotropy of white inputs is rounding

Source = Any  # the name of a data set, a Task, or a dictionary of a Task for each kind of inputs: `task_of` tells


def task_of(figure: str, data: Any, inputs: Inputs) -> Task:
    """The task of a figure that wants inputs of this kind.

    Args:
        figure: its name, for errors.
        data: ``"mnist"`` (50 000 examples), ``"digits"``, a Task, or a dictionary of a Task for each kind of inputs. A Task that
            stands alone serves for white inputs, to which it is whitened if need be.
        inputs: ``"raw"``, ``"centred"`` or ``"white"``.

    Raises:
        ValueError: no such data set, or no task for these inputs.
    """
    if isinstance(data, str) and data in NAMES:
        return known(data, inputs)
    found = data.get(inputs) if isinstance(data, Mapping) else data
    if isinstance(data, Task) and inputs != "white":
        raise ValueError(
            f"{figure} needs a Task for each kind of inputs, got one Task where {inputs} inputs are wanted: they cannot be made from "
            f"its correlations. Pass data={{'{inputs}': Task.from_data(x, y, inputs='{inputs}'), …}}."
        )
    if not isinstance(found, Task):
        given = (
            f"none for {inputs} inputs among {', '.join(map(str, data))}"
            if isinstance(data, Mapping)
            else f"data={brief(data)}"
        )
        raise ValueError(
            f"{figure} needs data in {', '.join(NAMES)}, or a Task, got {given}: no other data set has a name. Pass "
            f"deeplinear.Task.from_data(x, y, inputs='{inputs}')."
        )
    return found if inputs != "white" or found.anisotropy < WHITE else found.whitened()


def require_name(figure: str, data: Any) -> None:
    """Raise ValueError unless this is the name of a data set."""
    if not (isinstance(data, str) and data in NAMES):
        raise ValueError(
            f"{figure} needs data in {', '.join(NAMES)}, got data={brief(data)}: it trains on the examples of these. Pass a name."
        )


@lru_cache(maxsize=3)
def known(data: str, inputs: Inputs) -> Task:
    """A data set, read once in each process."""
    from deeplinear import data as sources

    return sources.mnist(inputs=inputs) if data == "mnist" else sources.digits(inputs=inputs)


def name_of(data: Any) -> str:
    """What to call the data in arrays and titles."""
    return data if isinstance(data, str) else "own"
