"""What Fig. 6B and C say, put to the test: laws of products of Gaussian matrices, exact where finite N allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, listed

if TYPE_CHECKING:
    from deeplinear.spectra import SpectralLaw
    from deeplinear.task import Array

Data = dict[str, Any]

FLOOR = 1e-8  # eigenvalues below are rounding: at 1e-15 s_max times their condition number
POINTS = 20_000  # at which a distance to a law is measured
ORIGIN_BINS = {5: 0.32, 99: 0.94}  # as the paper prints them


def distance(values: Array, law: SpectralLaw, least: float = -np.inf) -> float:
    """Largest difference between the law's cdf and the values' own, above ``least``; to 1/POINTS."""
    x = np.sort(np.ravel(values)).astype(np.float64)
    at = np.unique(np.linspace(np.searchsorted(x, least), len(x) - 1, POINTS).astype(int))
    cdf = law.cdf(x[at])
    return float(max(np.abs(cdf - at / len(x)).max(), np.abs(cdf - (at + 1) / len(x)).max()))


def log_laws(data: Data) -> list[SpectralLaw]:
    """The law of ``ln s`` for each column."""
    from deeplinear.spectra import FussCatalan

    return [FussCatalan(int(k)).singular_values().logarithm() for k in data["factors"]]


def origin_bins(data: Data) -> Array:
    """Share of eigenvalues in the origin bin, shape ``(columns, realisations)``."""
    return (np.abs(data["eigenvalues"]) < 0.5 / data["bins"]).all(axis=-1).mean(axis=-1)


def norm_variance(n: int, k: int) -> float:
    """Exact variance of ``‖J‖² / n`` over real Gaussian products J of k factors, by a recursion of fourth moments.

    For ``A → W A Wᵀ`` with independent entries of W of variance 1/n: ``E (tr A)² → (tr A)² + (2/n) tr A²`` and
    ``E tr A² → (1/n) (tr A)² + (1 + 1/n) tr A²`` (Wick).
    """
    step = np.array([[1.0, 2 / n], [1 / n, 1 + 1 / n]])
    return float((np.linalg.matrix_power(step, k) @ [n * n, n])[0] / n**2 - 1)


def singular_value_claims(data: Data) -> list[Claim]:
    """Against the Fuss-Catalan law; counts of eigenvalues fluctuate by about 1, so that shares are good to about 1/N."""
    factors, logs = data["factors"], data["log_singular_values"].astype(np.float64)
    _, draws, n = logs.shape
    every, bound = log_laws(data), (1 + 5 / np.sqrt(draws)) / n
    distances = [distance(values, law) for values, law in zip(logs, every, strict=True)]
    medians = np.median(logs, axis=(1, 2))
    off = [abs(law.cdf(x) - 0.5) for x, law in zip(medians, every, strict=True)]
    shares = {
        "below 0.01": [(logs < np.log(0.01)).mean(axis=(1, 2)), np.array([law.cdf(np.log(0.01)) for law in every])],
        "above 1": [(logs > 0).mean(axis=(1, 2)), np.array([law.sf(0.0) for law in every])],
    }
    top, edges = np.exp(logs.max(axis=2)).mean(axis=1), np.array([np.exp(law.support()[1]) for law in every])
    near = np.array([np.exp(law.isf(2 / n)) for law in every])
    s = np.exp(logs - logs.max(axis=(1, 2), keepdims=True))
    centred = s - s.mean(axis=(1, 2), keepdims=True)
    kurtosis = (centred**4).mean(axis=(1, 2)) / (centred**2).mean(axis=(1, 2)) ** 2
    heavy = np.array([law_kurtosis(int(k)) for k in factors])
    lost = [(row < row.max(axis=1, keepdims=True) + np.log(2.2e-16)).mean() for row in logs]
    lost_law = [law.cdf(np.log(x) + np.log(2.2e-16)) for x, law in zip(top, every, strict=True)]
    decades = (logs.max(axis=2) - logs.min(axis=2)).mean(axis=1) / np.log(10)
    return [
        Claim(
            f"singular values of {listed(factors, '.0f')} factors follow the Fuss-Catalan law, N = {n}",
            f"Kolmogorov distance < {bound:.2g}, 1/N and sampling",
            listed(distances, ".2g"),
            max(distances) < bound,
        ),
        Claim(
            "median singular value",
            listed([np.exp(law.median()) for law in every]),
            listed(np.exp(medians)),
            max(off) < bound,
        ),
        *(
            Claim(
                f"share of singular values {what}",
                listed(law, ".4f"),
                listed(seen, ".4f"),
                np.abs(seen - law).max() < bound,
            )
            for what, (seen, law) in shares.items()
        ),
        Claim(
            f"the largest, on average, is near the law's edge √((k+1)^(k+1)/k^k) (width {n}: beyond the 1 − 2/N quantile)",
            f"{listed(edges, '.3f')} ({listed(near, '.3f')})",
            listed(top, ".3f"),
            bool(((top > near) & (top < 1.02 * edges)).all()),
        ),
        Claim(
            f"tails grow heavy with depth: kurtosis, within 15 % of the law's for k up to N/10 = {n // 10}",
            listed(heavy, ".4g"),
            listed(kurtosis, ".4g"),
            bool(
                (np.abs(kurtosis / heavy - 1) < 0.15)[factors <= n / 10].all() and rising(kurtosis[np.argsort(factors)])
            ),
        ),
        Claim(
            "share that an SVD of the float64 product would lose, below 2e-16 of the largest",
            listed(lost_law, ".3f"),
            f"{listed(lost, '.3f')} ({listed(decades, '.0f')} decades in all)",
            np.abs(np.subtract(lost, lost_law)).max() < 0.01 + 3 * bound,
        ),
    ]


def rising(values: Array) -> bool:
    """Whether each is larger than the last."""
    return bool((np.diff(values) > 0).all())


def law_kurtosis(k: int) -> float:
    """Kurtosis of s under the Fuss-Catalan law."""
    from deeplinear.spectra import FussCatalan

    law = FussCatalan(k).singular_values()
    m1, m2, m3, m4 = (law.moment(order) for order in (1, 2, 3, 4))
    return (m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4) / law.var() ** 2


def norm_claims(data: Data) -> list[Claim]:
    """What is kept on average, and what is not; both exact for any N."""
    from deeplinear.spectra import long_product

    factors, logs = data["factors"], data["log_singular_values"].astype(np.float64)
    _, draws, n = logs.shape
    power = np.exp(2 * logs).mean(axis=(1, 2))
    spread = np.sqrt([norm_variance(n, int(k)) / draws for k in factors])
    exact = [long_product(n, k=int(k)) for k in factors]
    mean_log, known = logs.mean(axis=(1, 2)), np.array([each.mean.mean() for each in exact])
    wobble = np.array([np.sqrt((each.std**2).sum()) / n for each in exact]) / np.sqrt(draws)
    deepest, s = int(np.argmax(factors)), data["orthogonal"]
    median = np.exp(np.median(logs[deepest]))
    return [
        Claim(
            "norms are kept on average: mean s² (five standard errors, exact for this N)",
            "1 ± " + listed(5 * spread, ".1g"),
            listed(power, ".4f"),
            bool((np.abs(power - 1) < 5 * spread).all()),
        ),
        Claim(
            "norm preservation is not isometry: mean s² is 1 while most singular values vanish, deepest product",
            "median < 1e-12",
            f"mean s² {power[deepest]:.3f}, median {median:.2g}",
            median < 1e-12 and abs(power[deepest] - 1) < 5 * spread[deepest],
        ),
        Claim(
            "the mean of ln s is that of the Lyapunov exponents, exactly, at any depth (five standard errors)",
            " ".join(f"{a:.4g} ± {b:.1g}" for a, b in zip(known, 5 * wobble, strict=True)),
            listed(mean_log, ".5g"),
            bool((np.abs(mean_log - known) < 5 * wobble).all()),
        ),
        Claim(
            f"a product of {int(factors[-1])} orthogonal matrices is an isometry: every singular value is 1",
            "to 1e-12",
            f"to {np.abs(s - 1).max():.1e}",
            np.abs(s - 1).max() < 1e-12,
        ),
    ]


def eigenvalue_claims(data: Data) -> list[Claim]:
    """Against ``P(|z| < r) = r^(2/k)``; the disc's edge is blurred by about 1/√N."""
    from deeplinear.spectra import GinibreProduct

    factors, z = data["factors"], data["eigenvalues"].astype(np.float64)
    _, draws, n, _ = z.shape
    discs = [GinibreProduct(int(k)) for k in factors]
    moduli = np.hypot(z[..., 0], z[..., 1])
    distances = [distance(r, disc, FLOOR) for r, disc in zip(moduli, discs, strict=True)]
    blur = 1 / np.sqrt(2 * np.pi * n) + (2 + 5 / np.sqrt(draws)) / n
    bins, half = origin_bins(data), 0.5 / int(data["bins"])
    law, seen = np.array([disc.fraction_in_square(half) for disc in discs]), bins.mean(axis=1)
    error = 1 / n + 5 * np.maximum(bins.std(axis=1), 1 / n) / np.sqrt(draws)
    printed = [(i, ORIGIN_BINS[int(k)]) for i, k in enumerate(factors) if int(k) in ORIGIN_BINS]
    log_r = np.log(np.maximum(np.median(moduli, axis=(1, 2)), 1e-300))
    order = np.argsort(factors)
    return [
        Claim(
            "eigenvalues concentrate at 0: share in the origin bin",
            listed(100 * law, ".2f") + " %",
            listed(100 * seen, ".2f") + " %",
            bool((np.abs(seen - law) < error).all()),
        ),
        Claim(
            f"as the paper prints it, for {listed([factors[i] for i, _ in printed], '.0f')} factors",
            listed([100 * share for _, share in printed], ".0f") + " %",
            listed([100 * seen[i] for i, _ in printed], ".1f") + " %",
            all(abs(seen[i] - share) < 0.005 + error[i] for i, share in printed),
        ),
        Claim(
            f"moduli follow P(|z| < r) = r^(2/k) on the unit disc, above {FLOOR:g} (below, rounding)",
            f"Kolmogorov distance < {blur:.2g}, about 1/√(2πN)",
            listed(distances, ".2g"),
            max(distances) < blur,
        ),
        Claim(
            "and the more so the deeper: median ln |z|",
            f"falling: {listed([-k / 2 * np.log(2) for k in factors])}",
            listed(log_r),
            bool(
                (np.diff(log_r[order]) < 0).all() and abs(log_r[order[0]] - np.log(0.5) * factors[order[0]] / 2) < 0.1
            ),
        ),
    ]


def claims(data: Data) -> list[Claim]:
    """Singular values, eigenvalues, and what an isometry would do."""
    return [*singular_value_claims(data), *norm_claims(data), *eigenvalue_claims(data)]
