"""Training fully connected networks with any activation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.activations.custom import PROBE
from deeplinear.activations.linear import LINEAR
from deeplinear.arguments import generator
from deeplinear.messages import shown
from deeplinear.network import Network
from deeplinear.reduction.outputs_inputs import reduced
from deeplinear.simulate.nonlinear.assemble import performed
from deeplinear.simulate.nonlinear.examples import Examples, Loss, follow, given, meant
from deeplinear.simulate.nonlinear.options import Plan, planned
from deeplinear.simulate.nonlinear.training import Training
from deeplinear.task import Task

if TYPE_CHECKING:
    import optax


def train(
    network: Network | Sequence[Network],
    data: Task | tuple[ArrayLike, ArrayLike],
    *,
    optimiser: str | optax.GradientTransformation | Callable[[Any], optax.GradientTransformation] | None = None,
    optimizer: str | optax.GradientTransformation | Callable[[Any], optax.GradientTransformation] | None = None,
    rate: ArrayLike | None = None,
    steps: int,
    batch: int | None = None,
    loss: Loss = "squared",
    reduction: Literal["sum", "mean"] = "sum",
    record: int | ArrayLike | None = None,
    until: float | None = None,
    stop: Literal["first", "all"] = "all",
    evaluate: tuple[ArrayLike, ArrayLike] | None = None,
    modes: Task | None = None,
    reduce: bool | None = None,
    dtype: type[np.float64] | type[np.float32] = np.float64,
    rng: int | np.random.Generator | None = None,
) -> Training:
    """Train networks with any activation, from any start, and say what was learned when.

    Seeds and rates run together, compiled, on all cores. With squared error and plain or momentum descent the output side
    is trained in the few directions that targets and last layer span, and likewise the inputs, exactly
    (`deeplinear.reduction.outputs_inputs`). Linear networks are better off with `deeplinear.descend`.

    Args:
        network: the start, or a list of starts of equal widths (seeds). Biases are trained where there are any.
        data: examples in rows, a pair ``(x, y)`` of shapes ``(examples, n_in)`` and ``(examples, n_out)``; or a `Task`
            where that determines them: one-hot items such as ``deeplinear.data.hierarchy()``, or any task for linear
            networks without biases.
        optimiser: ``"sgd"`` if not given, ``"momentum"`` (0.9), ``"adam"``, ``"rmsprop"``; a function from a rate to an optax
            transformation, such as ``optax.adamw``; or a transformation with its rate inside.
        optimizer: the same in American spelling.
        rate: learning rate > 0, or several, shape ``(rates,)``, which see the same batches.
        steps: how many updates.
        batch: examples a step, in a new random order each epoch, a remainder left out; all of them if not given.
        loss: ``"squared"``, ½‖y − f‖², or ``"cross entropy"`` of a softmax, each summed over examples as in the paper.
        reduction: ``"mean"`` divides loss and gradient by the number of examples (of the batch).
        record: record every so many steps, or at these steps; if not given every step, or 1000 points of a longer run.
        until: a run has learned, and is frozen, when its recorded loss is below this, ``> 0``.
        stop: with ``until`` and a batch, all end when the ``"first"`` run does, or each for itself (``"all"``).
        evaluate: a second pair ``(x, y)``, whose loss and accuracy are recorded too.
        modes: a task whose mode strengths to record with squared error; ``data`` itself where that is a task.
        reduce: False trains all outputs and inputs. True also reduces the outputs for an optax transformation that you
            know to be linear in the last layer's gradients.
        dtype: ``np.float64``, switched on for this call only, or ``np.float32``.
        rng: seed or generator of the order of mini-batches.

    Returns:
        A `Training`: a `Curve` with times = steps, and accuracy, ``learned_at``, ``diverged_at``, ``reduction``,
        ``network()``.

    Raises:
        ValueError: an argument out of range, data that do not fit or do not suffice, or a single run that diverged. In a
            batch, divergence is reported in ``diverged_at`` instead.
        TypeError: no network or no optimiser.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, Fig. 3, trains a network of one tanh layer.

    Example:
        >>> import numpy as np, deeplinear as dl
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> start = dl.Network(dl.initial.gaussian([1, 20, 20, 1], rng=0), "tanh")
        >>> run = train(start, (x, x**3), optimiser="adam", rate=0.003, steps=1000)
        >>> bool(run.loss[-1] < 0.01 * run.loss[0])
        True
        >>> bool(np.abs(run.network()(x) - x**3).max() < 0.05)
        True
    """
    seeds = not isinstance(network, Network)
    networks = checked(list(network) if isinstance(network, Sequence) else [network])
    if optimiser is not None and optimizer is not None:
        raise ValueError(
            f"train needs one of optimiser and optimizer, got {shown(optimiser)} and {shown(optimizer)}: they are two spellings of one "
            f"argument. Leave one out."
        )
    chosen = next((each for each in (optimiser, optimizer) if each is not None), "sgd")
    asked: dict[str, Any] = {"optimiser": chosen, "rate": rate, "steps": steps, "batch": batch, "loss": loss}
    asked |= {"reduction": reduction, "record": record, "until": until, "stop": stop, "reduce": reduce, "dtype": dtype}
    plan = planned(**asked)
    widths = networks[0].widths
    examples = understood(data, networks[0], plan)
    if batch is not None and batch > len(examples.x):
        raise ValueError(
            f"train needs 1 <= batch <= {len(examples.x)}, got batch={batch!r}: a step takes that many of the examples. Pass "
            f"for example {min(32, len(examples.x))}."
        )
    tested = None if evaluate is None else given(evaluate, "evaluate", widths, loss)
    if modes is None and isinstance(data, Task):
        modes = data
    u, v, s = follow(modes if loss == "squared" else None, widths)
    # what is read example by example needs all outputs, and other inputs meet directions of W1 that these do not
    plain = tested is None and not examples.one_hot
    sides = reduced(
        networks, examples, outputs=plan.reduce_outputs and plain, inputs=plan.reduce_inputs and tested is None
    )
    return performed(sides, examples, tested, plan, (u, v, s), seeds=seeds, rng=generator("train", rng))


def checked(networks: list[Any]) -> list[Network]:
    """Networks that can run as one batch."""
    if not networks:
        raise ValueError(
            "train needs a Network or a list of them, got an empty list: there is nothing to train. Pass one."
        )
    for network in networks:
        if not isinstance(network, Network):
            raise TypeError(
                f"train needs a Network or a list of them, got a {type(network).__name__}: the activation belongs to it. "
                f"Pass deeplinear.Network(weights, 'tanh')."
            )
    # functions of one's own may share a name ("lambda"), or be written anew for each network
    acts = [(n.activation.name, *n.activation(PROBE)) for n in networks]
    kinds = {(n.widths, act, n.activated_inputs, n.biases is None) for n, act in zip(networks, acts, strict=True)}
    if len(kinds) != 1:
        raise ValueError(
            f"train needs networks of equal widths and activation, all with biases or none, got {len(kinds)} kinds among "
            f"{len(networks)}: they run as one batch. Pass them in separate calls."
        )
    return networks


def understood(data: Any, network: Network, plan: Plan) -> Examples:
    """The examples, given or stood for."""
    if not isinstance(data, Task):
        return given(data, "data", network.widths, plan.loss)
    follow(data, network.widths)
    plain = network.activation is LINEAR and network.biases is None
    sees_correlations = plain and plan.batch is None and plan.loss == "squared" and not plan.mean
    examples = meant(data, linear=sees_correlations)
    given((examples.x, examples.y), "data", network.widths, plan.loss)
    return examples
