"""What Fig. 6A claims: how learning times and best rates grow with depth, start by start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deeplinear.figures.claim import Claim, listed
from deeplinear.figures.starts import STARTS

if TYPE_CHECKING:
    from deeplinear.task import Array

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


def above(larger: tuple[float, float], smaller: tuple[float, float]) -> float:
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
    return Claim(
        f"{inputs} inputs: orthogonal and pretrained nets of {deepest} layers take no longer than those of 5",
        "≤ 1.3 times",
        f"{ratios[0]:.2f} and {ratios[1]:.2f} times",
        max(ratios) <= 1.3,
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
    return Claim(
        f"centred inputs, against the paper: pretrained nets of {deepest} layers take longer than those of 5; Gaussian ones "
        "still more so",
        "> 1.3 times, and less than Gaussian",
        ", ".join(f"{start} {ratio:.2f} times" for start, ratio in ratios.items()),
        1.3 < ratios["pretrained"] < ratios["gaussian"],
    )


def white_claims(data: dict[str, Any], rows: dict[str, Rows], strictly: dict[str, Rows]) -> list[Claim]:
    """On white inputs isometric starts learn at once, and scaled random ones ever later."""
    at_once = [span(data["iterations"][rows[start]]) for start in ("orthogonal", "pretrained")]
    slopes = {start: growth(data, at) for start, at in rows.items()}
    strict = {start: strictly[start] for start in ("orthogonal", "pretrained")}
    strictly_apart = min(above(slopes["gaussian"], growth(data, at)) for at in strict.values())
    apart = above(slopes["gaussian"], slopes["orthogonal"])
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
        Claim(
            "white inputs: orthogonal and pretrained nets learn in one to three iterations at any depth (Gauss-Newton steps)",
            "1 to 3",
            ", ".join(f"{least:.0f} to {most:.0f}" for least, most in at_once),
            max(most for _, most in at_once) <= 3 and min(least for least, _ in at_once) >= 1,
        ),
        Claim(
            "white inputs, to 0.1 % of what can be learned: times grow, but less than Gaussian ones do to the looser target",
            "exponents 2 standard errors below",
            f"{exponents(data, strict)}; {strictly_apart:.1f} below",
            strictly_apart > 2,
        ),
        Claim(
            "white inputs: from scaled Gaussian weights learning time grows with depth, from orthogonal ones not",
            "exponents 5 standard errors apart",
            f"{exponents(data, rows)}; {apart:.1f} apart",
            apart > 5 and slopes["gaussian"][0] > 0.5,
        ),
        Claim(
            f"white inputs: {deepest} layers from Gaussian weights take many times longer than from orthogonal ones",
            "> 10 times",
            f"≥ {times(data, rows['gaussian'], deepest):.0f} iterations against {times(data, rows['orthogonal'], deepest):.1f}",
            times(data, rows["gaussian"], deepest) > 10 * times(data, rows["orthogonal"], deepest),
        ),
        Claim(
            "white inputs: uniform (Glorot) and Gaussian weights behave alike",
            "times within a factor of 2",
            f"factors {(both[:, 0] / both[:, 1]).min():.2f} to {(both[:, 0] / both[:, 1]).max():.2f}",
            len(both) > 2 and np.abs(np.log2(both[:, 0] / both[:, 1])).max() <= 1,
        ),
        Claim(
            "white inputs: greedy pretraining costs the same for every layer",
            "within 20 %",
            f"{epochs.min():.0f} to {epochs.max():.0f} epochs a layer",
            0 < epochs.max() <= 1.2 * epochs.min(),
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
        Claim(
            "best rates of orthogonal nets on white inputs go as 1/depth: their kernel is L times the identity",
            "exponent −1 ± 0.15",
            f"{slope:.2f} ± {error:.2f}",
            abs(slope + 1) < 0.15,
        ),
        Claim(
            f"Gaussian nets need smaller rates than orthogonal ones (raw inputs, {deepest} layers)",
            "< half",
            f"{rates[0]:.2g} against {rates[1]:.2g}",
            rates[0] < rates[1] / 2,
        ),
    ]


def trap_claims(data: dict[str, Any]) -> list[Claim]:
    """What a first crossing may hide, what float32 may hide, and the circle."""
    learned = np.isfinite(data["iterations"])
    kept = float((data["held_iterations"] == data["iterations"])[learned].mean())
    radii = np.hypot(*data["eigenvalues"].T)
    angles = np.sort(np.arctan2(data["eigenvalues"][:, 1], data["eigenvalues"][:, 0])) / (2 * np.pi) + 0.5
    steps = np.arange(len(angles) + 1) / len(angles)
    distance = max(np.abs(angles - steps[1:]).max(), np.abs(angles - steps[:-1]).max())
    return [
        Claim(
            "networks that learned at their best rate stay below the threshold for ten more iterations",
            "≥ 9 in 10",
            f"{kept:.1%} of {learned.sum()}",
            kept >= 0.9,
        ),
        Claim(
            f"float32 learns when float64 does ({', '.join(STARTS)}; raw inputs)",
            listed(data["witness"], ".0f"),
            listed(data["witnessed"], ".0f"),
            bool((data["witness"] == data["witnessed"]).all()),
        ),
        Claim(
            "eigenvalues of a random orthogonal matrix lie on the unit circle",
            "modulus 1 to 1e-13",
            f"{np.abs(radii - 1).max():.1e}",
            np.abs(radii - 1).max() < 1e-13,
        ),
        Claim(
            "evenly: their angles repel each other",
            f"Kolmogorov distance < {0.5 / np.sqrt(len(angles)):.3f}, half of what independent angles show",
            f"{distance:.4f}",
            distance < 0.5 / np.sqrt(len(angles)),
        ),
    ]
