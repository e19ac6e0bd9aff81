"""What Fig. 6B and C say, put to the test: laws of products of Gaussian matrices, exact where finite N allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, below, between, claim, falling, listed, near, rising

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.spectra import SpectralLaw

Data = dict[str, Any]

FLOOR = 1e-8  # eigenvalues below are rounding: at 1e-15 s_max times their condition number
POINTS = 20_000  # at which a distance to a law is measured
ORIGIN_BINS = {5: 0.32, 99: 0.94}  # as the paper prints them
UNDECIDED = 0.5  # standard errors five of which are larger say nothing about a mean that should be 1


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
    laws, bound = log_laws(data), (1 + 5 / np.sqrt(draws)) / n
    distances = [distance(values, law) for values, law in zip(logs, laws, strict=True)]
    medians = np.median(logs, axis=(1, 2))
    shares = {
        "below 0.01": [(logs < np.log(0.01)).mean(axis=(1, 2)), np.array([law.cdf(np.log(0.01)) for law in laws])],
        "above 1": [(logs > 0).mean(axis=(1, 2)), np.array([law.sf(0.0) for law in laws])],
    }
    largest, edges = np.exp(logs.max(axis=2)).mean(axis=1), np.array([np.exp(law.support()[1]) for law in laws])
    top = np.array([np.exp(law.isf(2 / n)) for law in laws])
    lost = [(row < row.max(axis=1, keepdims=True) + np.log(2.2e-16)).mean() for row in logs]
    lost_law = [law.cdf(np.log(x) + np.log(2.2e-16)) for x, law in zip(largest, laws, strict=True)]
    decades = (logs.max(axis=2) - logs.min(axis=2)).mean(axis=1) / np.log(10)
    columns = f"products of {listed(factors, '.0f')} Gaussian matrices, N = {n}"
    return [
        claim(
            f"Singular values follow the Fuss-Catalan law but for sampling and 1/N: Kolmogorov distance; {columns}.",
            below(distances, bound, ".2g"),
        ),
        claim(
            f"Half of the singular values that the Fuss-Catalan law predicts lie below the sampled median; {columns}.",
            near([law.cdf(x) for x, law in zip(medians, laws, strict=True)], 0.5, bound),
            aside=f"medians {listed(np.exp(medians))}",
        ),
        *(
            claim(f"Share of singular values {where}, against the law; {columns}.", near(seen, law, bound, ".4f"))
            for where, (seen, law) in shares.items()
        ),
        claim(
            "The largest singular value, on average over draws, lies between the law's 1 − 2/N quantile and 1.02 times its edge "
            f"√((k+1)^(k+1)/k^k), which it approaches for N ≫ k only; {columns}.",
            between(largest, top, 1.02 * edges, ".3f"),
        ),
        kurtosis_claim(factors, logs),
        claim(
            "Share of singular values that an SVD of the float64 product would lose, being below 2.2e-16 of the largest, against the "
            f"law; {columns}.",
            near(lost, lost_law, 0.01 + 3 * bound, ".3f"),
            aside=f"they span {listed(decades, '.0f')} decades",
        ),
    ]


def kurtosis_claim(factors: Array, logs: Array) -> Claim:
    """Tails grow heavy with depth; the law's kurtosis is that of N ≫ k only."""
    n, order = logs.shape[2], np.argsort(factors)
    s = np.exp(logs - logs.max(axis=(1, 2), keepdims=True))
    centred = s - s.mean(axis=(1, 2), keepdims=True)
    kurtosis = (centred**4).mean(axis=(1, 2)) / (centred**2).mean(axis=(1, 2)) ** 2
    wide = factors <= n / 10
    law = np.array([law_kurtosis(int(k)) for k in factors[wide]])
    return claim(
        f"The tails of the singular values grow heavy with depth: kurtosis for k = {listed(factors[order], '.0f')}, and within 15 % of "
        f"the law's for k = {listed(factors[wide], '.0f')}, at most N/10.",
        near(kurtosis[wide], law, 0.15 * law, ".4g"),
        rising(kurtosis[order], ".4g"),
    )


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
    error = np.sqrt([norm_variance(n, int(k)) / draws for k in factors])
    sure = 5 * error < UNDECIDED
    exact = [long_product(n, k=int(k)) for k in factors]
    mean_log, known = logs.mean(axis=(1, 2)), np.array([each.mean.mean() for each in exact])
    wobble = np.array([np.sqrt((each.std**2).sum()) / n for each in exact]) / np.sqrt(draws)
    deepest = int(np.argmax(factors))
    return [
        claim(
            f"Norms are kept on average: mean of s² over {draws} products of {listed(factors[sure], '.0f')} Gaussian matrices, N = {n}, "
            "within five standard errors, exact for this N.",
            near(power[sure], 1, 5 * error[sure], ".4f"),
        ),
        claim(
            f"Norm preservation is not isometry: in a product of {factors[deepest]} Gaussian matrices the root mean square singular value "
            "is near 1, and half of them vanish.",
            between(np.sqrt(power[deepest]), 0.5, 2, what="root mean square "),
            below(np.exp(np.median(logs[deepest])), 1e-12, ".2g", what="median "),
        ),
        claim(
            f"The mean of ln s is that of the Lyapunov exponents at any depth, within five standard errors, exact for this N; products of "
            f"{listed(factors, '.0f')} Gaussian matrices.",
            near(mean_log, known, 5 * wobble, ".5g"),
        ),
        claim(
            f"A product of {int(factors[-1])} orthogonal matrices is an isometry: the singular value farthest from 1.",
            below(np.abs(data["orthogonal"] - 1).max(), 1e-12, ".1e", what="distance "),
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
    printed = [i for i, k in enumerate(factors) if int(k) in ORIGIN_BINS]
    paper = np.array([ORIGIN_BINS[int(factors[i])] for i in printed])
    log_r = np.log(np.maximum(np.median(moduli, axis=(1, 2)), 1e-300))
    order = np.argsort(factors)
    columns = f"products of {listed(factors, '.0f')} Gaussian matrices"
    return [
        claim(
            f"Share of the eigenvalues in the origin bin, against the law of the product's eigenvalues; {columns}.",
            near(100 * seen, 100 * law, 100 * error, ".2f", unit=" %"),
        ),
        claim(
            f"Share of the eigenvalues in the origin bin as the paper prints it, for {listed(factors[printed], '.0f')} factors.",
            near(100 * seen[printed], 100 * paper, 100 * (0.005 + error[printed]), ".1f", unit=" %"),
        ),
        claim(
            f"The moduli of eigenvalues follow P(|z| < r) = r^(2/k) on the unit disc above {FLOOR:g}, where rounding ends, but for the blur "
            f"of its edge, about 1/√(2πN): Kolmogorov distance; {columns}.",
            below(distances, blur, ".2g"),
        ),
        claim(
            f"Eigenvalues concentrate at 0 with depth: median of ln |z|, for the shallowest within 0.1 of the law's; {columns}.",
            near(log_r[order[0]], np.log(0.5) * factors[order[0]] / 2, 0.1),
            falling(log_r[order]),
        ),
    ]


def claims(data: Data) -> list[Claim]:
    """Singular values, eigenvalues, and what an isometry would do."""
    return [*singular_value_claims(data), *norm_claims(data), *eigenvalue_claims(data)]
