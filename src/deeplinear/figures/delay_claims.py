"""What Fig. 3 says, put to the test: when modes are learned, and how far simulation and theory are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, listed

if TYPE_CHECKING:
    from deeplinear.task import Array

Data = dict[str, Any]

# theory for the population spectrum, s = sqrt(1000 λ); delays in %, means of REFERENCE starts by an independent program,
# which drew its own tree
POPULATION_HALF_TIMES = {1: 225, 2: 316, 3: 368, 5: 447, 12: 594, 18: 818, 31: 981}
LINEAR_DELAYS = {1: 5.8, 2: 5.9, 3: 6.0, 5: 6.4, 12: 8.1, 18: 10.4, 31: 21.6}
TANH_DELAYS = {1: 6.7, 2: 8.9, 3: 11.2, 5: 14.6, 12: 21.7, 18: 35.0, 31: 44.3}
REFERENCE = 20


def finite_steps(data: Data) -> Array:
    """Half times with half the strength at the start and finite steps: ``ln(2s/u_0 − 1) / 2 ln(1 + s/τ)``."""
    s, tau, u0 = data["singular_values"], float(data["tau"]), float(data["strength"])
    return np.log(2 * s / u0 - 1) / (2 * np.log1p(s / tau))


def delays(data: Data) -> tuple[Array, Array]:
    """Delays of linear and tanh networks relative to the law, in %, shape ``(seeds, modes)``."""
    exact = data["exact_half_times"]
    return 100 * (data["random_half_times"] / exact - 1), 100 * (data["tanh_half_times"] / exact - 1)


def error(values: Array) -> Array:
    """Standard error of the mean over the first axis."""
    return np.nanstd(values, axis=0, ddof=1) / np.sqrt(len(values))


def away(trees: Array, known: Array) -> Array:
    """Distance of the mean over trees from the reference in standard errors, shape ``(modes,)``.

    The reference's mean scatters with its starts and with its one tree, ours with what we drew. What starts do not explain
    of the spread between the means of trees is the trees' own.

    Args:
        trees: delays, shape ``(trees, starts, modes)``.
        known: the reference.
    """
    starts, means = np.nanvar(trees, axis=1, ddof=1).mean(axis=0), np.nanmean(trees, axis=1)
    spread = np.nanvar(means, axis=0, ddof=1)
    own = np.maximum(spread - starts / trees.shape[1], 0.0)
    return np.abs(means.mean(axis=0) - known) / np.sqrt(starts / REFERENCE + own + spread / len(trees))


def rises(found: Array) -> bool:
    """Whether delays grow from mode to mode, up to two standard errors a step, and do so all in all."""
    steps = np.diff(found, axis=1)
    whole = found[:, -1] - found[:, 0]
    return bool((np.nanmean(steps, axis=0) > -2 * error(steps)).all() and np.nanmean(whole) > 2 * error(whole))


def claims(data: Data) -> list[Claim]:
    """When each mode is learned, and how far simulation and theory are apart."""
    modes, s, exact = data["modes"], data["singular_values"], data["exact_half_times"]
    tau, u0 = float(data["tau"]), float(data["strength"])
    linear, tanh = delays(data)
    known = np.array([POPULATION_HALF_TIMES[int(m)] for m in modes])
    expected = [np.array([table[int(m)] for m in modes]) for table in (LINEAR_DELAYS, TANH_DELAYS)]
    formula = tau / (2 * s) * np.log(s / u0 - 1)
    strong = modes <= 3
    closeness = np.abs(np.nanmean(data["random_half_times"], axis=0) / finite_steps(data) - 1)[strong]
    deviation = data["deviation"]
    deficit = s[0] * np.log(s[0] / u0) / (8 * tau)  # (1 + s/τ)² a step falls short of exp(2s/τ), at half learning
    latest = max(np.nanmax(data[name]) for name in ("random_half_times", "tanh_half_times"))
    disorder = [int((np.diff(data[f"{name}_half_times"]) <= 0).any(axis=1).sum()) for name in ("random", "tanh")]
    later = tanh - linear
    found = [
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
            "stronger modes are learned first, from every random start, linear and tanh",
            f"0 and 0 of {len(linear)} starts out of order",
            f"{disorder[0]} and {disorder[1]}",
            disorder == [0, 0],
        ),
        Claim(
            "nothing is truncated: every mode of every network is half learned within the run",
            f"0 unlearned by epoch {data['times'][-1]:.0f}",
            f"{data['unlearned'].sum()} unlearned, the last one shown at {latest:.0f}",
            data["unlearned"].sum() == 0 and latest < data["times"][-1],
        ),
    ]
    for name, late, table, trees in (
        ("linear", linear, expected[0], data["linear_trees"]),
        ("tanh", tanh, expected[1], data["tanh_trees"]),
    ):
        off, mean = away(100 * trees, table), 100 * np.nanmean(trees, axis=(0, 1))
        found += [
            Claim(
                f"{name} networks are late by as much as an independent program found: {REFERENCE} starts there, many trees here",
                listed(table, ".1f") + " %, within two standard errors, one of them within three",
                listed(mean, ".1f") + " %, off by " + listed(off, ".1f"),
                (off > 2).sum() <= 1 and off.max() < 3,
            ),
            Claim(
                f"delays of {name} networks grow with the mode number",
                "no step down by two standard errors, up in all",
                "on the tree shown " + listed(np.nanmean(late, axis=0), ".1f") + " ± " + listed(error(late), ".1f"),
                rises(late),
            ),
        ]
    return [
        *found,
        Claim(
            "tanh networks learn every mode later than linear ones from the same start, on average",
            "above 0 by two standard errors",
            listed(np.nanmean(later, axis=0), ".1f") + " ± " + listed(error(later), ".1f"),
            bool((np.nanmean(later, axis=0) > 2 * error(later)).all()),
        ),
        Claim(
            "most of the delay of strong modes is u_0 → u_0/2 and the finite step: ln(2s/u_0 − 1) / 2 ln(1 + s/τ)",
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
