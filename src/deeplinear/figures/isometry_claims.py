"""What Fig. 7 says of the Jacobian's singular values, put to the test: a table, laws, and the paper's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, listed

if TYPE_CHECKING:
    from deeplinear.task import Array

Data = dict[str, Any]

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
INNER = slice(1, 6)  # of LEVELS: the two ends fluctuate in a way of their own
WIDE = 1000  # width of the network in TABLE
LOST = 0.01  # smaller singular values count as lost

# theory handbook, section 10, one network and one input direction: g, q¹, quantiles at LEVELS, rms
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
    near = np.arange(len(excess)) < len(excess) - 2  # two gains are above one
    return [
        Claim(
            f"quantiles ({'0, ' if first == 0 else ''}5, 25, 50, 75, 95 %) of all 15 panels, N = {n}, against another network of "
            f"{WIDE} units",
            "within 5 standard errors of the two, 2 rms at most",
            f"{z.max():.1f} at most, {np.sqrt((z**2).mean()):.2f} rms",
            z.max() < 5 and (z**2).mean() < 4,
        ),
        Claim(
            "mean-square gain = Π g²⟨φ'²⟩ with the network's activations, g ≤ 1: root mean square",
            f"to {1000 / n:.3g} %",
            f"{100 * excess[near].min():.2f} to {100 * excess[near].max():.2f} %",
            np.abs(excess[near]).max() < 0.01 * WIDE / n,
        ),
        Claim(
            f"above, it exceeds that, by a multiple of 1/N: in per cent at g = {listed(data['gains'][~near])}, and against "
            f"networks of {data['narrow']} units",
            "positive; 1 ± 0.5 times as predicted, mean",
            f"{listed(100 * excess[~near].ravel(), '.2f')} %; {per_width[~near].mean():.2f}",
            bool((excess[~near] > 0).all()) and abs(per_width[~near].mean() - 1) < 0.5,
        ),
        Claim(
            "and with (48) instead of the activations, against the checklist's 5 %: a network's level scatters by "
            f"{listed(100 * scatter.mean(axis=1), '.1f')} %, g = {listed(data['gains'])}",
            "within 5 standard deviations",
            f"{(np.abs(other) / scatter).max():.1f} at most; {100 * other.min():.1f} to {100 * other.max():.1f} %",
            (np.abs(other) / scatter).max() < 5,
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
    return [
        Claim(
            f"singular values follow the free-probability law with q from (48), N = {n}, the network's level apart",
            f"Kolmogorov distance < {bound:.2g} in every panel",
            f"{far.max():.4f} at most, {np.median(far):.4f} median (with its level: {raw.max():.4f}, {np.median(raw):.4f})",
            far.max() < bound,
        ),
        Claim(
            "nearer than as many independent numbers would be: they repel each other",
            f"mean over panels < half of {independent:.3f}",
            f"{far.mean():.4f}",
            far.mean() < independent / 2,
        ),
        Claim(
            "the largest is at the law's edge, s_max / edge",
            "1, to five standard errors and 3 N^(−2/3)",
            f"{np.exp(top.min()):.3f} to {np.exp(top.max()):.3f}",
            bool((np.abs(top) < edge).all()),
        ),
        Claim(
            "beside the law, from g = 1 on, one direction is lost, alike at any width (networks forget norms): s_min at q¹ = 0.2",
            f"{listed(known, '.2g')} of {WIDE} units, to a factor 2; next > 5 times, > 1e3 times above g = 1",
            f"{listed(least, '.2g')}; next {listed(second, '.2g')}",
            bool(
                (np.abs(np.log(least / known)) < np.log(2)).all()
                and (second > 5 * least).all()
                and (second > 1e3 * least)[1:].all()
            ),
        ),
        Claim(
            "the law depends on g and q¹ only: quantiles of other networks and inputs",
            "within 5 standard errors, 2 rms at most",
            f"{np.abs(z).max():.1f} at most, {np.sqrt((z**2).mean()):.2f} rms",
            np.abs(z).max() < 5 and (z**2).mean() < 4,
        ),
    ]


def paper_claims(data: Data) -> list[Claim]:
    """What the paper reads off the figure."""
    from deeplinear.spectra import FussCatalan

    n, found, share = width(data), np.exp(quantiles(data)), kept(data)
    low, below, one, above, high = (row(data, g) for g in (0.9, 0.95, 1.0, 1.05, 1.1))
    bound = 0.02 * np.sqrt(WIDE / n)
    decades, factors = np.log10(found[..., 5] / found[..., 1]), data["q"].shape[-1] - 1
    gaussian = FussCatalan(factors).singular_values().logarithm().ppf([0.05, 0.5, 0.95]) / np.log(10)
    tanh = data["gaussian_quantiles"] / np.log(10)
    medians = found[..., 3]
    return [
        Claim(
            f"at g = 1 an O(1) fraction stays O(1) after {factors} layers, for q¹ = {listed(data['variances'])}: share with "
            f"s > {LOST:g}",
            f"more than half; by the law {listed(data['law_kept'][one], '.3f')}",
            listed(share[one], ".3f"),
            bool((share[one] > 0.5).all() and (np.abs(share - data["law_kept"])[one] < bound).all()),
        ),
        Claim(
            "their 5 to 95 % at g = 1, q¹ = 0.2",
            "0.057 to 0.254, within 15 %",
            f"{found[one, 0, 1]:.3f} to {found[one, 0, 5]:.3f}",
            bool((np.abs(np.log(found[one, 0, [1, 5]] / [0.057, 0.254])) < 0.15).all()),
        ),
        Claim(
            "more robust to g above 1 than below: medians at g = 0.95 and 1.05, each q¹",
            "nearer to 1 above by a factor > 30; 0.0029 and 0.37 at q¹ = 0.2",
            f"{listed(medians[below])}; {listed(medians[above])}",
            bool((medians[above] > 30 * medians[below]).all() and (medians[above] < 1).all()),
        ),
        Claim(
            f"the same as shares with s > {LOST:g}: g = 0.9, 0.95, 1.05, 1.1, mean over q¹",
            "none, none, > 0.6, > 0.6",
            listed(share[[low, below, above, high]].mean(axis=1), ".3f"),
            bool((share[[low, below]] == 0).all() and (share[[above, high]].mean(axis=1) > 0.6).all()),
        ),
        Claim(
            "below the edge everything collapses together: at g = 0.9 no spread is wider than at g = 1, and all is small",
            "s < 1e-4; 5 to 95 % in decades: ratio < 1",
            f"s < {found[low, :, 6].max():.2g}; {listed(decades[low] / decades[one], '.2f')}",
            bool(found[low, :, 6].max() < 1e-4 and (decades[low] < decades[one]).all()),
        ),
        Claim(
            "at g = 1.1 anisotropy is mild against Gaussian linear networks: 5 to 95 % in decades, each q¹",
            f"a tenth of the {gaussian[2] - gaussian[0]:.0f} of {factors} Gaussian matrices (median 1e{gaussian[1]:.0f})",
            f"{listed(decades[high], '.2f')}, medians {listed(medians[high], '.2g')}",
            bool((decades[high] < (gaussian[2] - gaussian[0]) / 10).all()),
        ),
        Claim(
            "and against tanh networks with Gaussian weights at g = 1.1, by their law",
            f"a tenth of {listed(tanh[:, 2] - tanh[:, 0], '.0f')} decades (medians 1e{listed(tanh[:, 1], '.0f')})",
            listed(decades[high], ".2f"),
            bool((decades[high] < (tanh[:, 2] - tanh[:, 0]) / 10).all()),
        ),
    ]


def claims(data: Data) -> list[Claim]:
    """A table, laws, and the paper's words."""
    return [*table_claims(data), *law_claims(data), *paper_claims(data)]
