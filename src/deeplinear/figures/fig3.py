"""Fig. 3: networks that start from small random weights learn each mode when the exact solution says, tanh ones a little later.

Paper: 32 items with 1000 features each, grown on a binary tree. Left, strength of modes 1, 2, 3, 5, 12, 18 and 31
against epochs: the exact sigmoid (12) in red, the simulated linear network in blue, and in green a network with a tanh
hidden layer, read as ``diag(Uᵀ Σ³¹_tanh V)``. Right, how much later than (12) a mode is half learned, with the spread
over 100 random starts, linear and tanh. Delays are small, grow with the mode number, and are larger for tanh.

Not stated in the paper, our choice: weights N(0, u_0/N_2), linear outputs. A few more trees tell how much of a delay is
the tree's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.draw.style import BLUE, GREEN, GREY, INK, VERMILION, label, quiet, written
from deeplinear.figures.delay_claims import claims, finite_steps
from deeplinear.figures.parameters import typed
from deeplinear.figures.parts import watched

if TYPE_CHECKING:
    from deeplinear.arrays import Array

__all__ = ["PAPER", "QUICK", "SIZE", "claims", "compute", "draw"]

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "levels": 5,
    "features": 1000,
    "flip": 0.1,
    "tau": 2000.0,
    "hidden": 32,
    "strength": 1e-6,
    "epochs": 3200,
    "seeds": 100,
    "trees": 20,
    "tree_seeds": 20,
    "modes": (1, 2, 3, 5, 12, 18, 31),
    "samples": 100,
    "rng": 0,
}
QUICK: dict[str, Any] = PAPER | {"seeds": 8, "trees": 6, "tree_seeds": 4}
SIZE = (11.0, 4.4)
EVERY = 5  # epochs between recorded points
SHOWN = 2600  # epochs drawn; one tanh network in a hundred learns mode 31 at 3105 only


@typed
def compute(
    *,
    levels: int,
    features: int,
    flip: float,
    tau: float,
    hidden: int,
    strength: float,
    epochs: int,
    seeds: int,
    trees: int,
    tree_seeds: int,
    modes: tuple[int, ...],
    samples: int,
    rng: int,
) -> Data:
    """Strengths over epochs, exact and simulated.

    Args:
        levels: of the tree; there are ``2 ** levels`` items.
        features: of each item.
        flip: probability that a feature changes along a branch.
        tau: 1 / learning rate, in epochs.
        hidden: N_2.
        strength: u_0.
        epochs: how long to train.
        seeds: random starts.
        trees: further trees, on which only half times are measured.
        tree_seeds: random starts on each of them.
        modes: which modes to show, from 1; those that the tree does not have are left out.
        samples: trees of which only the singular values are drawn, for the mean half times that (12) gives trees like this.
        rng: seed of the tree and of the starts.

    Returns:
        ``exact`` and ``decoupled`` of shape ``(T, modes)``, ``random`` and ``tanh`` of shape ``(seeds, T, modes)`` at
        ``times``; half times of all four; ``linear_trees`` and ``tanh_trees`` of shape ``(trees, tree_seeds, modes)``, delays
        relative to the law; ``expected_half_times``, means of (12) over `samples`; ``unlearned``, how many modes of how many linear and tanh networks never reached a half; and
        ``deviation`` of the decoupled run from the law at rates 1/τ and 1/2τ.
    """
    from deeplinear import data, initial
    from deeplinear.exact.solve import solve
    from deeplinear.simulate.linear.descent import descend

    rng = np.random.default_rng(rng)  # type: ignore[assignment]
    others = rng.spawn(1)[0]  # type: ignore[attr-defined]
    task = data.hierarchy(levels=levels, features=features, flip=flip, rng=rng)
    modes = tuple(mode for mode in modes if 1 <= mode <= task.rank)
    if not modes:
        raise ValueError(
            f"fig3 needs modes between 1 and {task.rank}, got none: this tree has {task.n_in} items. Pass modes=(1, 2, 3)."
        )
    widths, shown = [task.n_in, hidden, task.n_out], np.array(modes) - 1
    law = solve(task, initial.decoupled(task, widths, strength=strength, rng=rng), tau=tau)
    start = initial.reduced_decoupled(task, widths, strength=strength)
    run = descend(task, start, rate=1 / tau, steps=epochs, record=EVERY)
    half = descend(task, start, rate=0.5 / tau, steps=2 * epochs, record=2 * EVERY)
    exact = law(run.times).strengths
    deviations = [np.abs(each.strengths - exact)[:, shown] / task.targets[shown] for each in (run, half)]
    asked = {"hidden": hidden, "strength": strength, "tau": tau, "epochs": epochs}
    linear, tanh = trained(task, seeds=seeds, rng=rng, **asked)
    delays = []
    for _ in watched(range(trees), trees):
        tree = data.hierarchy(levels=levels, features=features, flip=flip, rng=others)
        later = np.array([each.half_times for each in trained(tree, seeds=tree_seeds, rng=others, **asked)])
        delays.append(later / (tau / (2 * tree.modes.s) * np.log(tree.modes.s / strength - 1)) - 1)
    linear_trees, tanh_trees = np.array(delays)[..., shown].swapaxes(0, 1)
    return {
        "modes": np.array(modes),
        "times": run.times,
        "singular_values": task.modes.s[shown],
        "exact": exact[:, shown],
        "decoupled": run.strengths[:, shown],
        "random": linear.strengths[:, :, shown].astype(np.float32),
        "tanh": tanh.strengths[:, :, shown].astype(np.float32),
        "expected_half_times": expected_half_times(levels, features, flip, tau, strength, samples)[shown],
        "exact_half_times": law.learning_time(0.5)[shown],
        "random_half_times": linear.half_times[:, shown],
        "tanh_half_times": tanh.half_times[:, shown],
        "decoupled_half_times": run.half_times[shown],
        "linear_trees": linear_trees,
        "tanh_trees": tanh_trees,
        "unlearned": np.array([np.isnan(each.half_times).sum() for each in (linear, tanh)]),
        "deviation": np.array([each.max() for each in deviations]),
        "tau": np.array(tau),
        "strength": np.array(strength),
        "hidden": np.array(hidden),
        "levels": np.array(levels),
        "features": np.array(features),
        "flip": np.array(flip),
    }


def expected_half_times(levels: int, features: int, flip: float, tau: float, strength: float, samples: int) -> Array:
    """Half times of (12), ``(τ/2s) ln(s/u₀ − 1)``, in the mean over trees drawn alike, shape ``(items,)``."""
    from deeplinear.data.hierarchy import hierarchy_examples

    rng, total = np.random.default_rng(2014), np.zeros(min(2**levels, features))
    for _ in range(samples):
        _, values = hierarchy_examples(levels=levels, features=features, flip=flip, rng=rng)
        s = np.linalg.svd(values, compute_uv=False)  # of Σ³¹, since inputs are one-hot
        total += tau / (2 * s) * np.log(np.maximum(s / strength - 1, 1.0))
    return total / samples


def trained(
    task: Any, *, seeds: int, hidden: int, strength: float, tau: float, epochs: int, rng: Any
) -> tuple[Any, Any]:
    """Linear and tanh networks from the same random starts."""
    from deeplinear import initial
    from deeplinear.network import Network
    from deeplinear.simulate.linear.descent import descend
    from deeplinear.simulate.nonlinear.train import train

    widths = [task.n_in, hidden, task.n_out]
    starts = [initial.gaussian(widths, std=np.sqrt(strength / hidden), rng=rng) for _ in range(seeds)]
    asked = {"rate": 1 / tau, "steps": epochs, "record": EVERY}
    return descend(task, starts, **asked), train([Network(start, "tanh") for start in starts], task, **asked)


def draw(data: Data, figure: Any) -> None:
    """Left: strengths over epochs. Right: delays."""
    left, right = figure.subplots(1, 2, width_ratios=[1.7, 1])
    draw_strengths(data, left)
    draw_delays(data, right)


def draw_strengths(data: Data, axes: Any) -> None:
    """Each mode's strength: exact, from a decoupled start, and from a few random ones, linear and tanh."""
    times, s = data["times"], data["singular_values"]
    end = min(SHOWN, times[-1])
    quiet(axes, title="Modes are learned one by one, when theory says", x="epochs", y="mode strength")
    for i, mode in enumerate(data["modes"]):
        axes.plot(times, data["tanh"][:3, :, i].T, color=GREEN, lw=0.9, alpha=0.6)
        axes.plot(times, data["random"][:3, :, i].T, color=BLUE, lw=0.9, alpha=0.6)
        axes.plot(times, data["exact"][:, i], color=VERMILION, lw=1.8)
        near = np.linspace(0.1, 0.9, 5) * s[i]
        at = np.minimum(np.searchsorted(data["decoupled"][:, i], near), len(times) - 1)
        axes.plot(times[at], data["decoupled"][at, i], "o", ms=3.5, mfc="white", mec=VERMILION, mew=0.9)
        below = i == len(s) - 1
        label(axes, end, s[i], f"mode {mode}", INK, xytext=(-2, -12 if below else 4), ha="right", fontsize=8.5)
    rows = (
        ("— exact solution (12)", VERMILION),
        ("○  descent, decoupled start", VERMILION),
        ("— linear network, random starts", BLUE),
        ("— tanh network, the same starts", GREEN),
    )
    written(axes, 0.4, 0.88, rows)
    axes.set_xlim(0, end)
    axes.set_ylim(0, 1.07 * s[0])


def draw_delays(data: Data, axes: Any) -> None:
    """Relative delays with the standard deviation over starts, and what finite steps and u_0/2 explain."""
    exact = data["exact_half_times"]
    place = np.arange(len(exact))
    quiet(axes, title="Random starts are late, tanh ones later", x="mode", y="delay at half learning, % of theory")
    for name, colour, shift in (("random_half_times", BLUE, -0.2), ("tanh_half_times", GREEN, 0.2)):
        delays = 100 * (data[name] / exact - 1)
        mean, spread = np.nanmean(delays, axis=0), np.nanstd(delays, axis=0, ddof=1)
        axes.bar(place + shift, mean, width=0.38, color=colour, alpha=0.85)
        axes.errorbar(place + shift, mean, spread, fmt="none", ecolor=INK, elinewidth=1.1, capsize=3)
    axes.plot(place, 100 * (finite_steps(data) / exact - 1), "_", color=VERMILION, ms=21, mew=2)
    axes.set_xticks(place, [str(m) for m in data["modes"]])
    rows = (
        ("▪ linear network", BLUE),
        ("▪ tanh network", GREEN),
        (f"error bars: sd over {len(data['random_half_times'])} starts", INK),
        ("▬ from half the start and finite steps", VERMILION),
        ("the rest: modes interact", GREY),
    )
    written(axes, 0.02, 0.92, rows)
