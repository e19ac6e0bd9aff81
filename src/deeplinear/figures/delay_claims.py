"""What Fig. 3 says, put to the test: when modes are learned, and how far simulation and theory are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, above, below, between, claim, listed, near, same

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Data = dict[str, Any]

# For the paper's tree: (12), mean over trees; delays in %, means of REFERENCE starts on one tree of their own, by a program that
# shares no code with this package
PAPERS_TREE = {"levels": 5, "features": 1000, "flip": 0.1, "tau": 2000.0, "hidden": 32, "strength": 1e-6}
TREE_HALF_TIMES = {1: 225, 2: 316, 3: 368, 5: 447, 12: 594, 18: 818, 31: 981}
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


def is_papers_tree(data: Data) -> bool:
    """Whether delays are known for this tree and these networks."""
    papers = all(float(data[name]) == value for name, value in PAPERS_TREE.items())
    return papers and data["modes"].tolist() == list(LINEAR_DELAYS)


def scatter(trees: Array) -> Array:
    """Standard error of the distance between the mean over trees and the reference, shape ``(modes,)``.

    The reference's mean scatters with its starts and with its one tree, ours with what we drew. What starts do not explain
    of the spread between the means of trees is the trees' own.

    Args:
        trees: delays, shape ``(trees, starts, modes)``.
    """
    starts, means = np.nanvar(trees, axis=1, ddof=1).mean(axis=0), np.nanmean(trees, axis=1)
    spread = np.nanvar(means, axis=0, ddof=1)
    own = np.maximum(spread - starts / trees.shape[1], 0.0)
    return np.sqrt(starts / REFERENCE + own + spread / len(trees))


def away(trees: Array, known: Array) -> Array:
    """Distance of the mean over trees from the reference in standard errors, shape ``(modes,)``."""
    return np.abs(np.nanmean(trees, axis=(0, 1)) - known) / scatter(trees)


def rise(found: Array) -> tuple[Array, Array]:
    """Growth from mode to mode and all in all, each in its standard errors: shapes ``(modes − 1,)`` and ``()``."""
    steps, whole = np.diff(found, axis=1), found[:, -1] - found[:, 0]
    return np.nanmean(steps, axis=0) / error(steps), np.nanmean(whole) / error(whole)


def claims(data: Data) -> list[Claim]:
    """When each mode is learned, and how far simulation and theory are apart."""
    return [*time_claims(data), *delay_claims(data), *step_claims(data)]


def time_claims(data: Data) -> list[Claim]:
    """Half times, their order, and that the run is long enough for all of them."""
    exact, seeds = data["exact_half_times"], len(data["random_half_times"])
    known = data["expected_half_times"]
    measured = ("random_half_times", "tanh_half_times")
    disorder = [int((np.diff(data[name]) <= 0).any(axis=1).sum()) for name in measured]
    return [
        claim(
            "The half times of (12) for this tree are those of trees drawn alike, mean over trees, within 5 % for sampling.",
            near(exact, known, 0.05 * known, ".0f", unit=" epochs"),
        ),
        claim(
            "Stronger modes are learned first, from every random start, by linear and by tanh networks.",
            same(disorder, [0, 0], what=f"starts out of order, of {seeds}: "),
        ),
        claim(
            "Nothing is cut off: every mode of every network is half learned within the run.",
            same(data["unlearned"], [0, 0], what="modes left: "),
            below(
                max(np.nanmax(data[name]) for name in measured),
                data["times"][-1],
                ".0f",
                what="last at ",
                unit=" epochs",
            ),
        ),
    ]


def delay_claims(data: Data) -> list[Claim]:
    """How late random starts are, mode by mode."""
    linear, tanh = delays(data)
    later, found = tanh - linear, []
    for name, late, table, trees in (
        ("linear", linear, LINEAR_DELAYS, 100 * data["linear_trees"]),
        ("tanh", tanh, TANH_DELAYS, 100 * data["tanh_trees"]),
    ):
        steps, whole = rise(late)
        found += known_claims(name, table, trees) if is_papers_tree(data) else []
        found += [
            claim(
                f"Delays of {name} networks grow with the mode number: no step falls by two standard errors, and the whole rises "
                "by more than two.",
                above(steps, -2, ".1f", what="steps "),
                above(whole, 2, ".1f", what="whole ", unit=" standard errors"),
                aside=listed(np.nanmean(late, axis=0), ".1f") + " % on the tree shown",
            ),
        ]
    return [
        *found,
        claim(
            "Tanh networks learn every mode later than linear ones from the same start, on average.",
            above(np.nanmean(later, axis=0) / error(later), 2, ".1f", unit=" standard errors"),
            aside="by " + listed(np.nanmean(later, axis=0), ".1f") + " %",
        ),
    ]


def known_claims(name: str, table: dict[int, float], trees: Array) -> list[Claim]:
    """Mean delays over trees, in %, beside those known for the paper's tree."""
    known = np.array(list(table.values()))
    return [
        claim(
            f"The mean delays of {name} networks over {len(trees)} trees are those of {REFERENCE} starts on another tree: all "
            "within three standard errors, all but one within two.",
            near(np.nanmean(trees, axis=(0, 1)), known, 3 * scatter(trees), ".1f", unit=" %"),
            below((away(trees, known) > 2).sum(), 2, ".0f", what="modes beyond two: "),
        )
    ]


def step_claims(data: Data) -> list[Claim]:
    """What finite steps explain."""
    modes, s, exact = data["modes"], data["singular_values"], data["exact_half_times"]
    tau, u0 = float(data["tau"]), float(data["strength"])
    strong = modes <= 3 if (modes <= 3).any() else modes == modes.min()
    closeness = np.abs(np.nanmean(data["random_half_times"], axis=0) / finite_steps(data) - 1)[strong]
    deviation = 100 * data["deviation"]
    deficit = s[0] * np.log(s[0] / u0) / (8 * tau)  # (1 + s/τ)² a step falls short of exp(2s/τ), at half learning
    late = 100 * (data["decoupled_half_times"] / exact - 1)
    return [
        claim(
            "From a decoupled start descent half learns every mode when (12) says, (τ/2s) ln(s/u₀ − 1), but for its finite step: "
            "later by a share between 0 and s/2τ.",
            between(late, 0 * s, 100 * s / (2 * tau), ".2f", unit=" %"),
        ),
        claim(
            f"Most of the delay of modes {listed(modes[strong], '.0f')} comes from half the strength at the start and from finite "
            "steps: the mean half time is ln(2s/u₀ − 1) / 2 ln(1 + s/τ).",
            below(100 * closeness, 2, ".2f", what="off by ", unit=" %"),
        ),
        claim(
            "From a decoupled start the network follows (12) up to the finite step: half the rate gives half the distance.",
            below(deviation[0], 100 * deficit, ".1f", what="distance ", unit=" % of the target"),
            near(deviation[0] / deviation[1], 2, 0.1, ".3f", what="ratio "),
        ),
    ]
