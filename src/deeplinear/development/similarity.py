r"""How alike two items are to the network, while it learns.

A balanced, decoupled network of L layers has ``W_l ⋯ W_1 = R_l diag(|a_α|^{l/L}) Vᵀ`` with R_l orthonormal and a_α the
strength of mode α. Item i is column i, so layer l holds it as ``|a_α|^{l/L} v_α^i``, up to a rotation that no similarity
sees: strengths are all it takes.

Small random starts come close. The hidden layer of two ends within order std² of ``V S Vᵀ``; what is off on the way is that
the next mode β has grown to ``std^{1 − s_β/s_α}`` of its target when mode α is learned, and the two have not yet parted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.arguments import whole_number
from deeplinear.curve import Curve
from deeplinear.task import Task, a_task

if TYPE_CHECKING:
    from deeplinear.arrays import Array

NOT_ITEMS = 1e-8  # anisotropy beyond which inputs are no equally frequent items


def representations(curve: Curve, task: Task, *, depth: int = 2, layer: int = 1) -> Array:
    r"""Similarity ``h_i · h_j = Σ_α |a_α(t)|^{2l/L} v_α^i v_α^j`` of the items in a layer.

    Exact for balanced, decoupled starts; ``V |a(t)| Vᵀ`` in the hidden layer of two, ``V a(t)² Vᵀ`` at the output.

    Args:
        curve: from a law or from descent on this task.
        task: one-hot items, white.
        depth: weight matrices L of the network that made the curve. A shallow one, 1, has no hidden layer.
        layer: l from 1 (first hidden layer) to L (output).

    Returns:
        Shape ``(..., T, items, items)``; the hidden layer of two tends to ``V S Vᵀ``, whatever the start.

    Raises:
        ValueError: the curve is not of this task, inputs are not one-hot, or there is no such layer.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116, for L = 2; other layers derived here.

    Example:
        >>> from deeplinear import Task, initial, solve
        >>> task = Task.from_modes([4.0, 1.0])
        >>> law = solve(task, initial.decoupled(task, [2, 2, 2], strength=1e-3, rng=0))
        >>> representations(law([0.0, 2.0, 50.0]), task).round(3)[1]
        array([[3.998, 0.   ],
               [0.   , 0.052]])
    """
    held = activity(curve, task, depth=depth, layer=layer)
    return held @ held.swapaxes(-1, -2)


def activity(curve: Curve, task: Task, *, depth: int = 2, layer: int = 1) -> Array:
    """Activity ``|a_α(t)|^{l/L} v_α^i`` of a layer for each item, up to a rotation, shape ``(..., T, items, k)``.

    Arguments and errors as in `representations`.
    """
    sizes = share_of_depth("activity", curve, task, depth, layer)
    return sizes[..., None, :] * task.modes.v


def distances(curve: Curve, task: Task, *, depth: int = 2, layer: int = 1) -> Array:
    """Squared distance ``Σ_α |a_α(t)|^{2l/L} (v_α^i − v_α^j)²`` of each pair of items, shape ``(..., T, items, items)``.

    Arguments and errors as in `representations`.

    Example:
        >>> from deeplinear import Task, initial, solve
        >>> task = Task.from_modes([4.0, 1.0])
        >>> law = solve(task, initial.decoupled(task, [2, 2, 2], strength=1e-3, rng=0))
        >>> distances(law([50.0]), task).round(6)
        array([[[0., 5.], [5., 0.]]])
    """
    sizes = share_of_depth("distances", curve, task, depth, layer)
    return (np.square(sizes) @ gaps(task).T).reshape(*sizes.shape[:-1], task.n_in, task.n_in)


def coordinates(curve: Curve, task: Task, *, dimensions: int = 2, depth: int = 2, layer: int = 1) -> Array:
    """Places of the items in few dimensions: multidimensional scaling, in axes that stay.

    At the last time these are the coordinates of classical scaling, which keep squared distances best; earlier places
    are seen along the same axes, so that paths are smooth.

    Args:
        curve: see `representations`.
        task: see `representations`.
        dimensions: of the picture, 1 to the number of modes.
        depth: see `representations`.
        layer: see `representations`.

    Returns:
        Shape ``(..., T, items, dimensions)``, centred on the mean item; the item that ends farthest out along an axis
        ends on its positive side.

    Raises:
        ValueError: as `representations`, or no such number of dimensions.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116, Fig. 3, there scaled at all times together.
    """
    held = activity(curve, task, depth=depth, layer=layer)
    dimensions = whole_number(
        "coordinates", "dimensions", dimensions, 1, held.shape[-1], "there are no more modes. Pass 2."
    )
    held = held - held.mean(axis=-2, keepdims=True)
    axes = np.linalg.svd(held[..., -1, :, :], full_matrices=False)[2][..., :dimensions, :].swapaxes(-1, -2)
    places = held @ axes[..., None, :, :]
    end = places[..., -1, :, :]
    farthest = np.take_along_axis(end, np.abs(end).argmax(axis=-2, keepdims=True), axis=-2)
    return places * np.where(farthest < 0, -1.0, 1.0)[..., None, :, :]


def share_of_depth(function: str, curve: Curve, task: Task, depth: int, layer: int) -> Array:
    """``|a_α(t)|^{l/L}``, shape ``(..., T, k)``; errors as `representations`."""
    checked(function, curve, task)
    usual = "layers count from 1, after the input, to depth, the output. Pass layer=1 and depth=2 for the usual hidden layer."
    depth = whole_number(function, "depth", depth, advice=usual)
    layer = whole_number(function, "layer", layer, 1, depth, usual)
    return np.abs(curve.strengths) ** (layer / depth)


def gaps(task: Task) -> Array:
    """``(v_α^i − v_α^j)²``, shape ``(items², k)``."""
    v = task.modes.v
    return np.square(v[:, None] - v[None]).reshape(-1, v.shape[1])


def checked(function: str, curve: Curve, task: Task) -> None:
    """Refuse curves of other tasks, and inputs that are no items.

    Raises:
        ValueError: see there.
    """
    a_task(function, task)
    if not isinstance(curve, Curve):
        raise ValueError(
            f"{function} needs a Curve, got a {type(curve).__name__}: it looks at strengths over time. Pass law(times), or a run."
        )
    if curve.strengths.shape[-1] != len(task.modes.s):
        raise ValueError(
            f"{function} needs a curve of this task, got {curve.strengths.shape[-1]} modes for a task with "
            f"{len(task.modes.s)}: strengths belong to modes. Pass the task that the curve was made for."
        )
    if not np.isfinite(curve.strengths).all():
        raise ValueError(
            f"{function} needs finite strengths, got NaN or infinity in curve {curve.name!r}: the run diverged. Lower its rate."
        )
    if task.anisotropy > NOT_ITEMS:
        raise ValueError(
            f"{function} needs one-hot items, Σ¹¹ = c I, got a task of anisotropy {task.anisotropy:.3g}: similarity is that "
            f"of inputs that occur alone and equally often. Build the task from np.eye(items), or whiten it."
        )
