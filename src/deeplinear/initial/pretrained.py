"""Greedy layer-wise pretraining: every layer first learns to reconstruct the layer below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator, whole_number
from deeplinear.arrays import Array
from deeplinear.initial.autoencoder import autoencode, autoencode_aligned
from deeplinear.initial.orthogonal import haar
from deeplinear.initial.pretraining_parts import (
    LEARNABLE,
    checked_options,
    last_layers,
    occurring,
    ordered,
    represented,
)
from deeplinear.initial.widths import checked_widths
from deeplinear.task import Task, a_task
from deeplinear.weights import Weights


@dataclass(frozen=True, eq=False)
class Pretraining:
    """A pretrained stack with readouts, and what it cost.

    Attributes:
        encoders: the pretrained layers ``(W1, …, W_{L-1})``.
        readouts: a last layer for each depth that the stack can have, the l-th one on top of l encoders.
        epochs: passes through the data that each encoder took.
        errors: ``½ Σ ‖h − B A h‖²`` of each layer's representation h, at every epoch, shape ``(epochs + 1,)``; the
            last one belongs to the encoder that was kept.
        rates: learning rate of each encoder.
    """

    encoders: Weights
    readouts: Weights
    epochs: tuple[int, ...]
    errors: tuple[Array, ...]
    rates: tuple[float, ...]

    @property
    def weights(self) -> Weights:
        """The whole network ``(W1, …, WL)``, to be handed to `deeplinear.descend`."""
        return (*self.encoders, self.readouts[-1])

    @property
    def cost(self) -> int:
        """Epochs spent on all encoders together."""
        return sum(self.epochs)

    def first(self, depth: int) -> Pretraining:
        """The net of ``depth`` weight matrices that is made of this stack's first ``depth − 1`` encoders.

        Greedy training never looks up, so this is the pretraining that a shallower net would have had, to the last bit.

        Raises:
            ValueError: a depth that the stack does not hold, or a readout given as a matrix which does not fit there.
        """
        advice = "it counts weight matrices, of which the last is the readout. Pretrain a deeper stack."
        depth = whole_number("Pretraining.first", "depth", depth, 1, len(self.readouts), advice)
        below = depth - 1
        if self.readouts[below].size == 0:
            raise ValueError(
                f"Pretraining.first needs a readout that fits, got depth={depth}, whose top layer is of another width than "
                f"the readout that was given. Pretrain with a readout scale instead of a matrix."
            )
        return Pretraining(
            self.encoders[:below], self.readouts[:depth], self.epochs[:below], self.errors[:below], self.rates[:below]
        )

    def __str__(self) -> str:
        shares = ", ".join(f"{error[-1] / error[0]:.2g}" for error in self.errors)
        return f"{len(self.encoders)} layers pretrained in {self.cost} epochs; share of the first error left: {shares}"


def pretrained(
    task: Task,
    widths: Sequence[int],
    *,
    epochs: int = 500,
    share: float = 1e-6,
    rate: float | None = None,
    start: Literal["random", "aligned"] = "random",
    strength: float = 1e-4,
    readout: float | ArrayLike = 1.0,
    rng: int | np.random.Generator | None = None,
) -> Pretraining:
    """Train each hidden layer as the encoder of a linear autoencoder of the layer below, by gradient descent.

    The descent is exact full-batch descent on the task's inputs, of which a layer sees only the correlation
    ``W Σ¹¹ Wᵀ``. White inputs reach ``M = I`` in about twenty epochs a layer. Of other inputs the components learn at
    rates proportional to their power: 500 epochs teach those with more than about 2 % of the largest power, and what one layer
    has not learned the layers above hardly see, so that deep stacks pass on the leading components and lose the others.
    Ask for more epochs, or whiten.

    Args:
        task: only its inputs matter.
        widths: ``(n_in, …, n_out)``; hidden layers may be narrower or wider than what they reconstruct.
        epochs: most epochs of each layer.
        share: a layer is done when it has left no more than this share of the power that a layer of its width can
            reconstruct; in ``[0, 1]``.
        rate: learning rate of every layer; if not given ``1/2λ`` with λ the largest power of the layer's own inputs,
            half of the largest stable rate.
        start: ``"random"``: Gaussian encoders and decoders, on the directions that occur, with variance
            ``strength / hidden``; ``"aligned"``: balanced and decoupled in the principal components, which is exact descent
            of one number a component, and almost free at any width.
        strength: how much of a component passes at the start, in ``(0, 1]``.
        readout: standard deviation of the random last layer in units of ``1/√inputs``, ``>= 0``; or the last layer
            itself, shape ``(n_out, n)``.
        rng: seed or generator.

    Returns:
        A `Pretraining`; its ``weights`` go into `deeplinear.descend`.

    Raises:
        ValueError: an argument out of its domain, or an unstable rate.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 3 and appendix F, which states neither rates, epochs
        nor the start.

    Example:
        >>> task = Task.from_modes([3.0, 1.0])
        >>> done = pretrained(task, [2, 5, 5, 2], rng=0)
        >>> w1, w2, w3 = done.weights
        >>> bool(np.allclose(w1.T @ w2.T @ w2 @ w1, np.eye(2), atol=0.01))
        True
        >>> done.cost == sum(done.epochs) and done.first(2).weights[0] is w1
        True
    """
    a_task("pretrained", task)
    sizes = checked_widths("pretrained", widths, task)
    epochs, share, rate, strength = checked_options(epochs, share, rate, start, strength)
    readout_rng, rng = generator("pretrained", rng).spawn(2)
    powers, frame = occurring(task, LEARNABLE)
    encoders, spent, errors, rates = [], [], [], []
    for hidden in sizes[1:-1]:
        kept = powers[:hidden]
        step = 0.5 / powers[0] if rate is None else rate
        until = 0.5 * (powers[hidden:].sum() + share * kept.sum())
        if start == "aligned":
            diagonal = np.full(len(kept), np.sqrt(strength))
            rest = float(powers[hidden:].sum())
            done = autoencode_aligned(diagonal, powers=kept, rate=step, epochs=epochs, until=until, rest=rest)
            above = haar(hidden, len(kept), rng)
            encoders.append((above * done.encoder) @ frame[:, : len(kept)].T)
            powers, frame = ordered(kept * done.encoder**2, above)
        else:
            std = np.sqrt(strength / hidden)
            a, b = (std * rng.standard_normal(shape) for shape in ((hidden, len(powers)), (len(powers), hidden)))
            done = autoencode(a, b, powers=powers, rate=step, epochs=epochs, until=until)
            encoders.append(done.encoder @ frame.T)
            powers, frame = represented(done.encoder, powers)
        spent.append(len(done.errors) - 1)
        errors.append(done.errors)
        rates.append(float(step))
    readouts = last_layers(sizes, readout, readout_rng)
    return Pretraining(tuple(encoders), readouts, tuple(spent), tuple(errors), tuple(rates))
