"""Fig. 3: a linear network that starts from small random weights learns each mode when the exact solution says.

Paper: 32 items with 1000 features each, grown on a binary tree. Left, strength of modes 1, 2, 3, 5, 12, 18 and 31
against epochs: the exact sigmoid (12) and the simulated linear network. Right, how much later than (12) a mode is half
learned, with the spread over random starts. The delay is a few per cent and grows with the mode number.

Not stated in the paper, our choice: weights N(0, u_0/N_2). The tanh network's trace is not drawn here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deeplinear.figures.claim import Claim, listed
from deeplinear.figures.palette import BLUE, GREY, INK, VERMILION, label, quiet, written

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "levels": 5,
    "features": 1000,
    "flip": 0.1,
    "tau": 2000.0,
    "hidden": 32,
    "strength": 1e-6,
    "epochs": 2600,
    "seeds": 100,
    "modes": (1, 2, 3, 5, 12, 18, 31),
    "rng": 0,
}
QUICK: dict[str, Any] = PAPER | {"seeds": 8}
SIZE = (11.0, 4.4)
EVERY = 5  # epochs between recorded points

# theory for the population spectrum, s = sqrt(1000 λ); delays measured over 20 seeds by an independent program
POPULATION_HALF_TIMES = {1: 225, 2: 316, 3: 368, 5: 447, 12: 594, 18: 818, 31: 981}
DELAYS = {1: 0.058, 2: 0.059, 3: 0.060, 5: 0.064, 12: 0.081, 18: 0.104, 31: 0.216}


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
    modes: tuple[int, ...],
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
        modes: which modes to show, from 1.
        rng: seed of the tree and of the starts.

    Returns:
        ``exact`` and ``decoupled`` of shape ``(T, modes)``, ``random`` of shape ``(seeds, T, modes)`` at ``times``, half
        times of all three, and ``deviation`` of the decoupled run from the law at rates 1/τ and 1/2τ.
    """
    from deeplinear import data, descend, initial, solve

    rng = np.random.default_rng(rng)  # type: ignore[assignment]
    task = data.hierarchy(levels=levels, features=features, flip=flip, rng=rng)
    widths, shown = [task.n_in, hidden, task.n_out], np.array(modes) - 1
    law = solve(task, initial.decoupled(task, widths, strength=strength, rng=rng), tau=tau)
    start = initial.reduced_decoupled(task, widths, strength=strength)
    run = descend(task, start, rate=1 / tau, steps=epochs, record=EVERY)
    half = descend(task, start, rate=0.5 / tau, steps=2 * epochs, record=2 * EVERY)
    exact = law(run.times).strengths
    deviations = [np.abs(each.strengths - exact)[:, shown] / task.targets[shown] for each in (run, half)]
    starts = [initial.gaussian(widths, std=np.sqrt(strength / hidden), rng=rng) for _ in range(seeds)]
    batch = descend(task, starts, rate=1 / tau, steps=epochs, record=EVERY)
    return {
        "modes": np.array(modes),
        "times": run.times,
        "singular_values": task.modes.s[shown],
        "exact": exact[:, shown],
        "decoupled": run.strengths[:, shown],
        "random": batch.strengths[:, :, shown].astype(np.float32),
        "exact_half_times": law.learning_time(0.5)[shown],
        "random_half_times": batch.half_times[:, shown],
        "decoupled_half_times": run.half_times[shown],
        "deviation": np.array([each.max() for each in deviations]),
        "tau": np.array(tau),
        "strength": np.array(strength),
        "hidden": np.array(hidden),
    }


def claims(data: Data) -> list[Claim]:
    """When each mode is learned, and how far simulation and theory are apart."""
    modes, s, exact = data["modes"], data["singular_values"], data["exact_half_times"]
    tau, u0 = float(data["tau"]), float(data["strength"])
    delays = data["random_half_times"] / exact - 1
    mean, spread = np.nanmean(delays, axis=0), np.nanstd(delays, axis=0)
    known = np.array([POPULATION_HALF_TIMES[int(m)] for m in modes])
    expected = np.array([DELAYS[int(m)] for m in modes])
    formula = tau / (2 * s) * np.log(s / u0 - 1)
    strong = modes <= 3
    finite = np.log(2 * s / u0 - 1) / (2 * np.log1p(s / tau))
    closeness = np.abs(np.nanmean(data["random_half_times"], axis=0) / finite - 1)[strong]
    deviation = data["deviation"]
    deficit = s[0] * np.log(s[0] / u0) / (8 * tau)  # (1 + s/τ)² a step falls short of exp(2s/τ), at half learning
    unlearned = int(np.isnan(data["random_half_times"]).sum())
    return [
        Claim(
            "half times of (12) for this tree are those of the population spectrum, within sampling",
            listed(known, ".0f") + " (±5 %)",
            listed(exact, ".0f"),
            np.abs(exact / known - 1).max() < 0.05,
        ),
        Claim(
            "half time is (τ/2s) ln(s/u_0 − 1)",
            "to 1e-9",
            f"{np.abs(exact / formula - 1).max():.1e}",
            np.abs(exact / formula - 1).max() < 1e-9,
        ),
        Claim(
            "stronger modes are learned first, from every random start",
            f"0 of {len(delays)} starts out of order",
            f"{int((np.diff(data['random_half_times']) <= 0).any(axis=1).sum())}, {unlearned} modes unlearned",
            bool((np.diff(data["random_half_times"]) > 0).all()),
        ),
        Claim(
            "random starts are late by a few per cent, more so for weaker modes",
            listed(100 * expected, ".0f") + " %",
            listed(100 * mean, ".1f") + " %",
            bool((np.abs(mean - expected) < 0.02 + 5 * spread / np.sqrt(len(delays))).all()) and mean[-1] > mean[0],
        ),
        Claim(
            "most of that, for strong modes, is u_0 → u_0/2 and the finite step: ln(2s/u_0 − 1) / 2 ln(1 + s/τ)",
            f"within 2 %, modes {listed(modes[strong], '.0f')}",
            listed(100 * closeness, ".2f") + " %",
            closeness.max() < 0.02,
        ),
        Claim(
            "from a decoupled start the network follows (12), up to the finite step: half the rate, half the gap",
            f"below {deficit:.1%} of the target, ratio 2 ± 0.1",
            f"{deviation[0]:.1%}, ratio {deviation[0] / deviation[1]:.3f}",
            deviation[0] < deficit and abs(deviation[0] / deviation[1] - 2) < 0.1,
        ),
    ]


def draw(data: Data, figure: Any) -> None:
    """Left: strengths over epochs. Right: delays."""
    left, right = figure.subplots(1, 2, width_ratios=[1.7, 1])
    draw_strengths(data, left)
    draw_delays(data, right)


def draw_strengths(data: Data, axes: Any) -> None:
    """Each mode's strength: exact, from a decoupled start, and from a few random ones."""
    times, s = data["times"], data["singular_values"]
    quiet(axes, title="Modes are learned one by one, when theory says", x="epochs", y="mode strength")
    for i, mode in enumerate(data["modes"]):
        axes.plot(times, data["random"][:5, :, i].T, color=BLUE, lw=0.9, alpha=0.55)
        axes.plot(times, data["exact"][:, i], color=VERMILION, lw=1.8)
        near = np.linspace(0.1, 0.9, 5) * s[i]
        at = np.minimum(np.searchsorted(data["decoupled"][:, i], near), len(times) - 1)
        axes.plot(times[at], data["decoupled"][at, i], "o", ms=3.5, mfc="white", mec=VERMILION, mew=0.9)
        below = i == len(s) - 1
        label(axes, times[-1], s[i], f"mode {mode}", INK, xytext=(-2, -12 if below else 4), ha="right", fontsize=8.5)
    rows = (
        ("— exact solution (12)", VERMILION),
        ("○  descent, decoupled start", VERMILION),
        ("— descent, random starts", BLUE),
    )
    written(axes, 0.4, 0.84, rows)
    axes.set_xlim(0, times[-1])
    axes.set_ylim(0, 1.07 * s[0])


def draw_delays(data: Data, axes: Any) -> None:
    """Relative delays with the standard deviation over starts, and what finite steps and u_0/2 explain."""
    s, tau, u0 = data["singular_values"], float(data["tau"]), float(data["strength"])
    delays = 100 * (data["random_half_times"] / data["exact_half_times"] - 1)
    finite = np.log(2 * s / u0 - 1) / (2 * np.log1p(s / tau))
    place = np.arange(len(s))
    quiet(axes, title="Random starts are late by a few per cent", x="mode", y="delay at half learning, % of theory")
    axes.bar(place, np.nanmean(delays, axis=0), width=0.6, color=BLUE, alpha=0.85)
    axes.errorbar(
        place, np.nanmean(delays, axis=0), np.nanstd(delays, axis=0), fmt="none", ecolor=INK, elinewidth=1.1, capsize=3
    )
    axes.plot(place, 100 * (finite / data["exact_half_times"] - 1), "_", color=VERMILION, ms=17, mew=2)
    axes.set_xticks(place, [str(m) for m in data["modes"]])
    rows = (
        (f"error bars: sd over {len(delays)} starts", INK),
        ("▬ from half the start and finite steps", VERMILION),
        ("the rest: modes interact", GREY),
    )
    written(axes, 0.02, 0.92, rows)
