"""What greedy pretraining ends at, and is at any epoch, in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator
from deeplinear.arrays import real_array
from deeplinear.initial.autoencoder import passed
from deeplinear.initial.orthogonal import haar
from deeplinear.initial.pretraining_parts import checked_options, last_layers, occurring, ordered
from deeplinear.initial.widths import checked_widths
from deeplinear.messages import shown
from deeplinear.task import Task, a_task
from deeplinear.weights import Weights


def pretrained_limit(
    task: Task,
    widths: Sequence[int],
    *,
    epochs: float | Sequence[float] | None = None,
    rate: float | None = None,
    strength: float = 1e-4,
    readout: float | ArrayLike = 1.0,
    rng: int | np.random.Generator | None = None,
) -> Weights:
    """Closed form of greedy pretraining: ``W_l = R_{l+1} M_l^½ R_lᵀ``, R_1 = Q the principal components, R_l Haar frames.

    Args:
        task: only its inputs matter.
        widths: ``(n_in, …, n_out)``.
        epochs: of each layer, one number or one for each hidden layer, for M in the flow limit (`autoencoder.passed`);
            if not given the end, ``M = I`` on as many leading components as there are units.
        rate: of every layer, as in `pretrained`.
        strength: M at the start, in ``(0, 1]``.
        readout: as in `pretrained`.
        rng: seed or generator; the frames and the readout are those of ``pretrained(…, start="aligned")``.

    Returns:
        Weights ``(W1, …, WL)``: a decoupled start where the task's modes are principal components (eq. 18).

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 3, eq. (18); how M goes through layers is derived: the
        next layer sees a component of power λ with ``λ M``.

    Example:
        >>> w1, w2 = pretrained_limit(Task.from_modes([3.0, 1.0]), [2, 4, 2], rng=0)
        >>> bool(np.allclose(w1.T @ w1, np.eye(2)))
        True
    """
    a_task("pretrained_limit", task)
    sizes = checked_widths("pretrained_limit", widths, task)
    _, _, rate, strength = checked_options(0, 0.0, rate, "aligned", strength, "pretrained_limit")
    hidden_layers = len(sizes) - 2
    advice = "each encoder is trained by itself. Pass Pretraining.epochs, for example."
    ever = np.inf if epochs is None else epochs
    durations = real_array("pretrained_limit", "epochs", ever, ">= 0 or infinite", advice)
    if durations.shape not in ((), (hidden_layers,)):
        raise ValueError(
            f"pretrained_limit needs epochs >= 0, one number or one for each of {hidden_layers} hidden layers, got "
            f"epochs={shown(epochs)}: each encoder is trained by itself. Pass Pretraining.epochs, for example."
        )
    readout_rng, rng = generator("pretrained_limit", rng).spawn(2)
    powers, frame = occurring(task)
    encoders = []
    for hidden, duration in zip(sizes[1:-1], np.broadcast_to(durations, hidden_layers), strict=True):
        kept = powers[:hidden]
        step = 0.5 / powers[0] if rate is None else rate
        m = passed(duration, power=kept, rate=step, strength=strength)
        above = haar(hidden, len(kept), rng)
        encoders.append((above * np.sqrt(m)) @ frame[:, : len(kept)].T)
        powers, frame = ordered(kept * m, above)
    return (*encoders, last_layers(sizes, readout, readout_rng)[-1])
