"""What Fig. 7 says of the Jacobian's singular values, put to the test: a table, laws, and the paper's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, above, below, between, claim, listed, near, same

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Data = dict[str, Any]

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
INNER = slice(1, 6)  # of LEVELS: the two ends fluctuate in a way of their own
WIDE = 1000  # width of the network in TABLE
LOST = 0.01  # smaller singular values count as lost

# one network of WIDE units and one input, by a program that shares no code with this package: g, q¹, quantiles at LEVELS, rms
TABLE = """
0.90 0.2 3.1e-6 8.4e-6 1.4e-5 1.8e-5 2.1e-5 2.3e-5 2.4e-5 1.75e-5
0.90 1.0 4.3e-8 7.2e-7 3.9e-6 8.7e-6 1.4e-5 1.8e-5 2.0e-5 1.05e-5
0.90 4.0 2.6e-11 8.8e-9 3.7e-7 2.8e-6 8.3e-6 1.4e-5 1.7e-5 6.8e-6
0.95 0.2 3.8e-4 .0013 .0021 .0029 .0035 .0040 .0042 .0029
0.95 1.0 5.0e-6 9.5e-5 5.5e-4 .0013 .0021 .0029 .0032 .0016
0.95 4.0 2.8e-9 1.1e-6 5.0e-5 3.9e-4 .0012 .0022 .0027 .0010
1.00 0.2 .0026 .057 .104 .153 .203 .254 .277 .165
1.00 1.0 3.4e-5 .0038 .024 .061 .109 .163 .189 .086
1.00 4.0 2.2e-8 3.9e-5 .0021 .018 .061 .119 .149 .054
1.05 0.2 2.2e-6 .057 .164 .37 .72 1.27 1.61 .615
1.05 1.0 2.5e-8 .0043 .038 .139 .35 .73 .97 .324
1.05 4.0 1.5e-11 4.3e-5 .0036 .042 .19 .49 .71 .203
1.10 0.2 5e-11 .0055 .052 .28 1.06 3.07 4.73 1.25
1.10 1.0 5e-13 4.2e-4 .012 .10 .51 1.71 2.79 .68
1.10 4.0 2.6e-16 4.2e-6 .0011 .031 .26 1.11 1.97 .43
"""


def reference() -> tuple[Array, Array, Array]:
    """`TABLE` as ``(g, q¹)`` of shape ``(15, 2)``, ln of its values ``(15, 8)``, and half a unit of the last digit printed."""
    words = [line.split() for line in TABLE.strip().splitlines()]
    values = np.array(words, dtype=float)
    digits = np.array([[len(word.split("e")[0].replace(".", "").lstrip("0")) for word in row[2:]] for row in words])
    unit = 10.0 ** (np.floor(np.log10(values[:, 2:])) - digits + 1)
    return values[:, :2], np.log(values[:, 2:]), unit / 2 / values[:, 2:]


def spread(data: Data, n: int) -> Array:
    """Standard deviation over networks of width n of the quantiles of ln s: ``(gains, variances, levels)``.

    Measured at a smaller width. Quantiles move as the variances along the depth do, by 1/√n; the smallest of all moves by
    as much at any width.
    """
    found = data["narrow_quantiles"].std(axis=2, ddof=1)
    shrunk = found * np.sqrt(int(data["narrow"]) / n)
    shrunk[..., 0] = found[..., 0]
    return shrunk


def quantiles(data: Data) -> Array:
    """Of ln s at `LEVELS`, ``(gains, variances, levels)``."""
    return np.moveaxis(np.quantile(data["log_s"], LEVELS, axis=-1), 0, -1)


def width(data: Data) -> int:
    """N."""
    return data["log_s"].shape[-1]


def kept(data: Data) -> Array:
    """Share of singular values above `LOST`, ``(gains, variances)``."""
    return (data["log_s"] > np.log(LOST)).mean(axis=-1)


def kolmogorov(data: Data, name: str) -> Array:
    """Largest distance between a law's cdf at the singular values and their own: ``(gains, variances)``."""
    n = width(data)
    cdf, steps = data[name][..., ::-1], np.arange(n + 1) / n
    return np.maximum(np.abs(cdf - steps[1:]).max(axis=-1), np.abs(cdf - steps[:-1]).max(axis=-1))


def row(data: Data, gain: float) -> int:
    """Where a gain is."""
    return int(np.argmin(np.abs(data["gains"] - gain)))


def table_claims(data: Data) -> list[Claim]:
    """Quantiles and root mean squares, panel by panel."""
    n, found = width(data), quantiles(data)
    _, known, rounding = reference()
    first = 0 if n == WIDE else 1  # the smallest of N depends on N
    which = slice(first, 6)
    known, rounding = (each.reshape(*found.shape[:2], -1) for each in (known, rounding))
    error = np.hypot(spread(data, n), spread(data, WIDE))
    apart = np.abs(found - known[..., :7])
    z = (np.maximum(apart - rounding[..., :7], 0) / error)[..., which]
    excess = np.array([log_rms(s) for s in data["log_s"].reshape(-1, n)]).reshape(found.shape[:2]) - data["log_rms"]
    other = data["log_rms"] - data["log_rms_law"]
    scatter = data["narrow_log_rms"].std(axis=-1, ddof=1) * np.sqrt(int(data["narrow"]) / n)
    per_width = n * excess / (int(data["narrow"]) * data["narrow_excess"].mean(axis=-1))
    low = np.arange(len(excess)) < len(excess) - 2  # two gains are above one
    return [
        claim(
            f"The {'0, ' if first == 0 else ''}5, 25, 50, 75 and 95 % quantiles of ln s of all 15 panels, N = {n}, are those of another network "
            f"of {WIDE} units, up to the scatter of both.",
            below(z.max(), 5, ".1f", what="at most "),
            below(np.sqrt((z**2).mean()), 2, ".2f", what="rms ", unit=" standard errors"),
        ),
        claim(
            f"At g ≤ 1 the mean of s² is Π g²⟨φ'²⟩ with the network's activations, N = {n}: least and largest difference of the root mean "
            "square over panels.",
            near([100 * excess[low].min(), 100 * excess[low].max()], 0, 1000 / n, ".2f", unit=" %"),
        ),
        claim(
            f"Above g = 1 the root mean square of s exceeds that prediction by a multiple of 1/N, g = {listed(data['gains'][~low])}, each q¹: "
            f"N times the excess over that of networks of {data['narrow']} units, mean over panels.",
            above(100 * excess[~low], 0, ".2f", unit=" %"),
            near(per_width[~low].mean(), 1, 0.5, ".2f", what="over narrow ones "),
        ),
        claim(
            f"With (48) instead of the network's activations the prediction holds up to the scatter between networks, N = {n}: largest "
            "difference over panels.",
            below((np.abs(other) / scatter).max(), 5, ".1f", unit=" standard deviations"),
            aside=f"{100 * other.min():.1f} to {100 * other.max():.1f} %; networks scatter by {listed(100 * scatter.mean(axis=1), '.1f')} %, "
            f"g = {listed(data['gains'])}",
        ),
    ]


def log_rms(log_s: Array) -> float:
    """Logarithm of the root mean square of s."""
    return float(log_s.max() + np.log(np.exp(2 * (log_s - log_s.max())).mean()) / 2)


def law_claims(data: Data) -> list[Claim]:
    """Free probability, and what else a network may be."""
    n, bound = width(data), 0.02 * np.sqrt(WIDE / width(data))
    raw, far, independent = kolmogorov(data, "cdf"), kolmogorov(data, "aligned_cdf"), 0.869 / np.sqrt(n)
    top = data["log_s"][..., 0] - data["law_quantiles"][..., -1]
    edge = 5 * spread(data, n)[..., -1] + 3 * n ** (-2 / 3)
    least, second = np.exp(data["log_s"][row(data, 1.0) :, 0, [-1, -2]]).T
    known = np.exp(reference()[1].reshape(*data["log_s"].shape[:2], -1)[row(data, 1.0) :, 0, 0])
    places = [(row(data, g), int(np.argmin(np.abs(data["variances"] - q)))) for g, q, *_ in data["again"]]
    again = np.quantile(data["again_log_s"], LEVELS, axis=-1).T
    error = np.sqrt(2) * spread(data, n)
    z = np.array([(again[i] - quantiles(data)[place])[1:6] / error[place][1:6] for i, place in enumerate(places)])
    worst = np.unravel_index((np.abs(top) / edge).argmax(), top.shape)
    return [
        claim(
            f"Apart from the network's level, singular values follow the free-probability law with q from (48), N = {n}: largest "
            "Kolmogorov distance over panels.",
            below(far.max(), bound),
            aside=f"median {np.median(far):.4f}; with its level {raw.max():.4f}, median {np.median(raw):.4f}",
        ),
        claim(
            f"Singular values lie nearer to their law than {n} independent numbers would, since they repel each other: mean Kolmogorov "
            "distance over panels, against half of what independent numbers show.",
            below(far.mean(), independent / 2, ".4f"),
        ),
        claim(
            "The largest singular value is at the edge of the law, up to five standard errors and 3 N^(−2/3): ln(s_max / edge) of the panel "
            "that comes nearest to this tolerance.",
            near(top[worst], 0, edge[worst], ".3f"),
            aside=f"s_max / edge {np.exp(top.min()):.3f} to {np.exp(top.max()):.3f}",
        ),
        claim(
            "Beside the law, for g ≥ 1 the network forgets the norm of its input and one direction is lost, alike at any width, q¹ = 0.2: "
            f"the smallest singular value over that of a network of {WIDE} units, and the next one over the smallest.",
            between(least / known, 0.5, 2, ".2f"),
            above(second / least, [5, *[1e3] * (len(least) - 1)], what="next "),
            aside=f"smallest {listed(least, '.2g')}",
        ),
        claim(
            "The law depends on g and q¹ only: quantiles of ln s of other networks and inputs, against the panels'.",
            below(np.abs(z).max(), 5, ".1f", what="at most "),
            below(np.sqrt((z**2).mean()), 2, ".2f", what="rms ", unit=" standard errors"),
        ),
    ]


def paper_claims(data: Data) -> list[Claim]:
    """What the paper reads off the figure."""
    from deeplinear.spectra import FussCatalan

    n, found, share = width(data), np.exp(quantiles(data)), kept(data)
    low, below_one, one, above_one, high = (row(data, g) for g in (0.9, 0.95, 1.0, 1.05, 1.1))
    bound = 0.02 * np.sqrt(WIDE / n)
    decades, factors = np.log10(found[..., 5] / found[..., 1]), data["q"].shape[-1] - 1
    gaussian = FussCatalan(factors).singular_values().logarithm().ppf([0.05, 0.5, 0.95]) / np.log(10)
    tanh = data["gaussian_quantiles"] / np.log(10)
    medians = found[..., 3]
    return [
        claim(
            f"At g = 1 a fraction of O(1) of the singular values stays O(1) after {factors} layers: share with s > {LOST:g}, more than half, "
            f"and against the law; q¹ = {listed(data['variances'])}.",
            above(share[one], 0.5, ".3f"),
            near(share[one], data["law_kept"][one], bound, ".3f"),
        ),
        claim(
            "The 5 and 95 % quantiles of s at g = 1, q¹ = 0.2, within 15 %: the printed 0.057 and 0.254, as ln s.",
            near(np.log(found[one, 0, [1, 5]]), np.log([0.057, 0.254]), 0.15),
        ),
        claim(
            "Singular values are more robust to a gain above 1 than to one below: median s at g = 1.05 over that at g = 0.95, each q¹, while "
            "the former stays below 1.",
            above(medians[above_one] / medians[below_one], 30),
            below(medians[above_one], 1),
        ),
        claim(
            f"Below g = 1 every singular value is lost, s ≤ {LOST:g}; above, most are not: share with s > {LOST:g} at g = 0.9 and 0.95, each q¹, "
            "and at g = 1.05 and 1.1, mean over q¹.",
            same(share[[low, below_one]], np.zeros((2, len(data["variances"]))), ".3f", what="below: "),
            above(share[[above_one, high]].mean(axis=1), 0.6, ".3f", what="above: "),
        ),
        claim(
            "Below the edge everything collapses together: at g = 0.9 all s are small, and the 5 to 95 % range in decades is narrower than "
            "at g = 1, each q¹.",
            below(found[low, :, 6].max(), 1e-4, ".2g", what="largest s "),
            below(decades[low], decades[one], ".2f", what="decades "),
        ),
        claim(
            f"At g = 1.1 anisotropy is mild against a linear network of {factors} Gaussian matrices: 5 to 95 % range in decades, each q¹, "
            "against a tenth of that network's.",
            below(decades[high], (gaussian[2] - gaussian[0]) / 10, ".2f", unit=" decades"),
            aside=f"medians {listed(medians[high], '.2g')} against 1e{gaussian[1]:.0f}",
        ),
        claim(
            "At g = 1.1 anisotropy is mild against tanh networks with Gaussian weights, by their law: 5 to 95 % range in decades, each q¹, "
            "against a tenth of theirs.",
            below(decades[high], (tanh[:, 2] - tanh[:, 0]) / 10, ".2f", unit=" decades"),
            aside=f"their medians 1e{listed(tanh[:, 1], '.0f')}",
        ),
    ]


def claims(data: Data) -> list[Claim]:
    """A table, laws, and the paper's words."""
    return [*table_claims(data), *law_claims(data), *paper_claims(data)]
