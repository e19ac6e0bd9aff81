"""What Fig. 6A claims: how learning times and best rates grow with depth, start by start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deeplinear.figures.claim import Claim, above, at_least, at_most, below, between, claim, near, same
from deeplinear.figures.starts import STARTS

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Rows = NDArray[np.intp]


def rows_of(data: dict[str, Any], start: str, inputs: str, *, strict: bool = False) -> Rows:
    """Rows of the table with this start and these inputs, at the paper's target or the stricter one."""
    here = data["inputs"] == inputs
    loose = data["target"].astype(str) != "0.999"
    return np.flatnonzero((data["start"] == start) & here & (loose != strict))


def growth(data: dict[str, Any], rows: Rows, name: str = "iterations") -> tuple[float, float]:
    """Exponent of a column against the number of weight matrices, least squares in logarithms, and its standard error.

    Seeds are points of their own. Networks that have not learned are left out, which makes growth look smaller.
    """
    rows = rows[np.isfinite(data["iterations"][rows])]
    x, y = np.log(data["layers"][rows] - 1.0), np.log(data[name][rows])
    if len(np.unique(x)) < 2:
        return np.nan, np.nan
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    left = y - y.mean() - slope * centred
    return slope, float(np.sqrt(left @ left / max(len(x) - 2, 1) / (centred @ centred)))


def times(data: dict[str, Any], rows: Rows, layers: int, name: str = "iterations") -> float:
    """Mean of a column over the seeds of one depth; a network that has not learned counts with all its iterations."""
    values = data[name][rows[data["layers"][rows] == layers]]
    return float(np.where(np.isfinite(values), values, data["steps"]).mean()) if len(values) else np.nan


def separation(larger: tuple[float, float], smaller: tuple[float, float]) -> float:
    """How many standard errors one exponent lies above another."""
    return (larger[0] - smaller[0]) / float(np.hypot(larger[1], smaller[1]))


def span(values: Array) -> tuple[float, float]:
    """Least and largest; both NaN where one is."""
    return float(values.min()), float(values.max())


def exponents(data: dict[str, Any], rows: dict[str, Rows], name: str = "iterations") -> str:
    """Growth of each start, in words for a table."""
    pairs = ((start, growth(data, at, name)) for start, at in rows.items())
    return ", ".join(f"{start} {slope:.2f} ± {error:.2f}" for start, (slope, error) in pairs)


def claims(data: dict[str, Any]) -> list[Claim]:
    """Growth of learning times and rates, the traps on the way, and the unit circle."""
    readings = [
        (inputs, strict)
        for inputs in ("white", "centred", "raw")
        for strict in (False, True)
        if len(rows_of(data, "orthogonal", inputs, strict=strict))
    ]
    table = {
        (inputs, strict): {start: rows_of(data, start, inputs, strict=strict) for start in STARTS}
        for inputs, strict in readings
    }
    return [
        flat(data, "raw", table["raw", False]),
        *(slower(data, table[inputs, False]) for inputs, _ in readings if inputs == "centred"),
        *white_claims(data, table[("white", False)], table[("white", True)]),
        *rate_claims(data, table),
        *trap_claims(data),
    ]


def flat(data: dict[str, Any], inputs: str, rows: dict[str, Rows]) -> Claim:
    """Isometric starts do not slow down with depth."""
    deepest = int(data["layers"][rows["orthogonal"]].max())
    ratios = [times(data, rows[start], deepest) / times(data, rows[start], 5) for start in ("orthogonal", "pretrained")]
    return claim(
        f"Orthogonal and pretrained networks of {deepest} layers take at most 1.3 times the iterations of those of 5; {inputs} inputs.",
        at_most(ratios, 1.3, ".2f", unit=" times"),
    )


def slower(data: dict[str, Any], rows: dict[str, Rows]) -> Claim:
    """On centred inputs pretrained nets do slow down, as decoupled ones do: the smallest powers decide.

    Orthogonal nets are shown without a verdict: at five depths their times scatter by a factor of 3 and no trend is left.
    """
    deepest = int(data["layers"][rows["orthogonal"]].max())
    ratios = {
        start: times(data, rows[start], deepest) / times(data, rows[start], 5)
        for start in ("gaussian", "pretrained", "orthogonal")
    }
    return claim(
        f"Against the paper, pretrained networks of {deepest} layers take longer than those of 5, though Gaussian ones slow down more; "
        "centred inputs.",
        between(ratios["pretrained"], 1.3, ratios["gaussian"], ".2f", what="pretrained ", unit=" times"),
        above(ratios["gaussian"], ratios["pretrained"], ".2f", what="Gaussian ", unit=" times"),
        aside=f"orthogonal {ratios['orthogonal']:.2f} times",
    )


def white_claims(data: dict[str, Any], rows: dict[str, Rows], strictly: dict[str, Rows]) -> list[Claim]:
    """On white inputs isometric starts learn at once, and scaled random ones ever later."""
    at_once = [span(data["iterations"][rows[start]]) for start in ("orthogonal", "pretrained")]
    slopes = {start: growth(data, at) for start, at in rows.items()}
    strict = {start: strictly[start] for start in ("orthogonal", "pretrained")}
    strictly_apart = [separation(slopes["gaussian"], growth(data, at)) for at in strict.values()]
    both = np.array(
        [
            [times(data, rows[start], n) for start in ("gaussian", "glorot")]
            for n in np.unique(data["layers"][rows["glorot"]])
        ]
    )
    both = both[(both < data["steps"]).all(axis=1)]
    epochs = data["epochs"][rows["pretrained"]] / np.maximum(data["layers"][rows["pretrained"]] - 2, 1)
    deepest = int(data["layers"][rows["gaussian"]].max())
    return [
        claim(
            "Orthogonal and pretrained networks learn in one to three iterations at any depth (Gauss-Newton steps); white inputs.",
            *(
                between(ends, 1, 3, ".0f", what=f"{start} ", unit=" iterations")
                for start, ends in zip(("orthogonal", "pretrained"), at_once, strict=True)
            ),
        ),
        claim(
            "To a loss of 0.1 % of what can be learned, the times of orthogonal and pretrained networks grow with depth with smaller "
            "exponents than those of Gaussian ones to the looser target; white inputs.",
            above(strictly_apart, 2, ".1f", unit=" standard errors smaller"),
            aside=exponents(data, strict),
        ),
        claim(
            "From scaled Gaussian weights learning time grows with depth, from orthogonal ones it does not; white inputs.",
            above(slopes["gaussian"][0], 0.5, ".2f", what="Gaussian exponent "),
            above(
                separation(slopes["gaussian"], slopes["orthogonal"]), 5, ".1f", unit=" standard errors above orthogonal"
            ),
            aside=exponents(data, rows),
        ),
        claim(
            f"Networks of {deepest} layers take more than ten times as long from Gaussian weights as from orthogonal ones; those that have "
            "not learned count with all their iterations; white inputs.",
            above(
                times(data, rows["gaussian"], deepest),
                10 * times(data, rows["orthogonal"], deepest),
                unit=" iterations",
            ),
        ),
        claim(
            "Uniform (Glorot) weights take as long as Gaussian ones within a factor of 2, at three depths or more; white inputs.",
            between(both[:, 0] / both[:, 1], 0.5, 2, ".2f", unit=" times"),
            above(len(both), 2, ".0f", unit=" depths"),
        ),
        claim(
            "Greedy pretraining costs the same for every layer: most over least epochs a layer; white inputs.",
            between(np.divide(epochs.max(), epochs.min()), 1, 1.2, ".2f", unit=" times"),
            aside=f"{epochs.min():.0f} to {epochs.max():.0f} epochs",
        ),
    ]


def rate_claims(data: dict[str, Any], table: dict[tuple[str, bool], dict[str, Rows]]) -> list[Claim]:
    """Best rates: 1/depth for orthogonal nets, whose kernel on white inputs is L times the identity."""
    white = table[("white", True)]["orthogonal"]
    slope, error = growth(data, white, "rate")
    raw = {start: table[("raw", False)][start] for start in ("gaussian", "orthogonal")}
    deepest = int(data["layers"][raw["gaussian"]].max())
    rates = [data["rate"][at[data["layers"][at] == deepest]].mean() for at in raw.values()]
    return [
        claim(
            "The best rates of orthogonal networks go as 1/depth, since their kernel is L times the identity; white inputs.",
            near(slope, -1, 0.15, ".2f", what="exponent "),
            aside=f"standard error {error:.2f}",
        ),
        claim(
            f"The best rates of Gaussian networks are less than half those of orthogonal ones, {deepest} layers; raw inputs.",
            below(rates[0], rates[1] / 2, ".2g"),
        ),
    ]


def trap_claims(data: dict[str, Any]) -> list[Claim]:
    """What a first crossing may hide, what float32 may hide, and the circle."""
    learned = np.isfinite(data["iterations"])
    stay = 100 * (data["held_iterations"] == data["iterations"])[learned].mean()
    radii = np.hypot(*data["eigenvalues"].T)
    angles = np.sort(np.arctan2(data["eigenvalues"][:, 1], data["eigenvalues"][:, 0])) / (2 * np.pi) + 0.5
    steps = np.arange(len(angles) + 1) / len(angles)
    distance = max(np.abs(angles - steps[1:]).max(), np.abs(angles - steps[:-1]).max())
    return [
        claim(
            "At least nine in ten networks that learned at their best rate stay below the threshold for ten more iterations.",
            at_least(stay, 90, ".1f", unit=" %"),
            aside=f"of {learned.sum()}",
        ),
        claim(
            f"In float32 networks learn at the same iteration as in float64 ({', '.join(STARTS)}); raw inputs.",
            same(data["witnessed"], data["witness"], unit=" iterations"),
        ),
        claim(
            "The eigenvalues of a random orthogonal matrix lie on the unit circle.",
            below(np.abs(radii - 1).max(), 1e-13, ".1e", what="distance "),
        ),
        claim(
            "The eigenvalues of a random orthogonal matrix are spread more evenly than independent ones, since they repel each other: Kolmogorov distance of their angles from "
            "the uniform law, against half of what independent angles show.",
            below(distance, 0.5 / np.sqrt(len(angles)), ".3f"),
        ),
    ]
