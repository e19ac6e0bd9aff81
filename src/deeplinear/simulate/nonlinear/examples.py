"""The examples that a network is trained on: given, or those that a task stands for."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arrays import Array, as_float, plain
from deeplinear.task import Task
from deeplinear.task.examples import Examples

Loss = Literal["squared", "cross entropy"]


def given(pair: Any, name: str, widths: tuple[int, ...], loss: Loss) -> Examples:
    """A pair ``(x, y)`` of finite arrays that fit the network.

    Raises:
        ValueError: no pair, shapes that do not fit, NaN or infinity, or targets that are no probabilities for cross entropy.
    """
    if not (isinstance(pair, tuple | list) and len(pair) == 2):
        raise ValueError(
            f"train needs {name} to be a pair (x, y) of examples in rows, got a {type(pair).__name__}: networks learn from "
            f"examples. Pass ({widths[0]}-column inputs, {widths[-1]}-column targets)."
        )
    x = as_float(f"train needs real numbers, got x of {name}=", pair[0])
    refuse_labels(name, pair[1], x.shape[:1], widths[-1])
    y = as_float(f"train needs real numbers, got y of {name}=", pair[1])
    y = y[:, None] if y.ndim == 1 else y
    if x.ndim == y.ndim == 2 and len(x) != len(y):
        raise ValueError(
            f"train needs one row of y for each row of x, got {len(x)} rows of x and {len(y)} of y in {name}: examples are "
            f"rows. Pass as many of both."
        )
    if x.ndim != 2 or y.ndim != 2 or len(x) == 0 or (x.shape[1], y.shape[1]) != (widths[0], widths[-1]):
        raise ValueError(
            f"train needs {name} of shapes (examples, {widths[0]}) and (examples, {widths[-1]}), got {x.shape} and {y.shape}: "
            f"the first layer meets x and the last one y. Change the data or the widths."
        )
    for letter, values in (("x", x), ("y", y)):
        if not np.isfinite(values).all():
            row = int(np.argmax(~np.isfinite(values).all(axis=1)))
            raise ValueError(
                f"train needs finite numbers, got a NaN or infinity in {letter} of {name} (first in row {row}): one spoils "
                f"every gradient. Drop or fill these rows."
            )
    if loss == "cross entropy" and ((y < 0).any() or np.abs(y.sum(axis=1) - 1).max() > 1e-6):
        raise ValueError(
            f"train needs targets that are probabilities for loss='cross entropy', got rows of {name} that are negative or do "
            f"not sum to 1: they are compared with a softmax. Pass np.eye({widths[-1]})[labels]."
        )
    return Examples(x, y)


def refuse_labels(name: str, y: Any, examples: tuple[int, ...], outputs: int) -> None:
    """Class labels, one a row, as whole numbers or text, where the network has an output for each class.

    Raises:
        ValueError: they are labels.
    """
    labels = np.asarray(plain(f"train needs targets, got y of {name}=", y))
    if outputs > 1 and labels.shape in (examples, (*examples, 1)):
        classes = np.unique(labels.astype(str) if labels.dtype.kind == "O" else labels)
        numbered = labels.dtype.kind in "iu" and labels.size and labels.min() >= 0 and labels.max() < outputs
        how = f"np.eye({outputs})[labels]" if numbered else "np.unique(labels) == labels[:, None]"
        raise ValueError(
            f"train needs one target for each of {outputs} outputs, got y of {name} of shape {labels.shape}: one value a row "
            f"looks like a label, of {len(classes)} classes here. Pass one-hot rows, {how}."
        )


def meant(task: Task, *, linear: bool) -> Examples:
    """The examples that a task stands for, where its correlations say which those are.

    One-hot items (Σ¹¹ = I and as many examples as inputs): they are ``(I, Σ³¹ᵀ)``. For a linear network without biases any
    examples with the same Σ¹¹ and Σ³¹ do the same.

    Args:
        task: correlations.
        linear: whether the network and its descent see nothing but the correlations.

    Raises:
        ValueError: the correlations do not determine what this network would learn.
    """
    s11 = task.input_correlation
    if np.array_equal(s11, np.eye(task.n_in)) and task.examples == task.n_in:
        return Examples(np.eye(task.n_in), task.input_output_correlation.T)
    if linear:
        powers, vectors = task.input_modes
        x = (vectors * np.sqrt(powers)) @ vectors.T
        return Examples(x, x @ task.optimum.T, task.floor)
    raise ValueError(
        f"train needs examples, got a Task of {task.n_in} inputs that keeps only their correlations: a nonlinear network, a "
        f"bias or a mini-batch sees more of them. Pass the pair (x, y), and the task as modes=task for its strengths."
    )


def follow(modes: ArrayLike | Task | None, widths: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Mode vectors U, V in columns and strengths s of the task to follow; none of them without a task."""
    if modes is None:
        return np.zeros((widths[-1], 0)), np.zeros((widths[0], 0)), np.zeros(0)
    if not isinstance(modes, Task) or (modes.n_in, modes.n_out) != (widths[0], widths[-1]):
        raise ValueError(
            f"train needs modes to be a Task of {widths[0]} inputs and {widths[-1]} outputs, got {type(modes).__name__}: its "
            f"singular vectors are what strengths are read with. Pass Task.from_data(x, y)."
        )
    u, s, v = modes.modes
    return u, v, np.where(np.arange(len(s)) < modes.rank, s, 0.0)
