"""What Fig. 4 claims: learning times saturate with depth, because best rates go as 1/depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, above, below, between, claim, listed, near, same

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Data = dict[str, Any]

# for MNIST on the paper's grid of rates, by a program that shares no code with this package
MNIST_ITERATIONS = (5, 19, 48, 57, 80, 98, 116, 106, 128, 114, 137, 123, 151, 146, 137)
MNIST_RATES = (7.0e-5, 1.0e-4, 7.0e-5, 7.0e-5, 4.8e-5, 3.4e-5, 2.3e-5, 2.3e-5, 1.6e-5, 1.6e-5, 1.1e-5, 1.1e-5) + 3 * (
    7.9e-6,
)


def slope(layers: Array, values: Array) -> float:
    """Exponent of values against the number of weight matrices, by least squares in logarithms."""
    return float(np.polyfit(np.log(layers - 1.0), np.log(values), 1)[0])


def one_constant(data: Data, name: str, chosen: Array) -> tuple[float, float]:
    """The factor that brings the flow's times closest to measured ones in logarithms, and the rms deviation left."""
    gap = np.log(data[name][chosen] / data["flow_time"][chosen])
    return float(np.exp(gap.mean())), float(np.sqrt(np.mean((gap - gap.mean()) ** 2)))


def claims(data: Data) -> list[Claim]:
    """Saturation, the 1/depth law, what a first-crossing criterion rewards, and the witness."""
    known = mnist_claims(data) if data["data"] == "mnist" else []
    return [*known, *time_claims(data), *rate_claims(data), *witness_claims(data)]


def time_claims(data: Data) -> list[Claim]:
    """Learning times saturate, and follow the flow's."""
    layers, own = data["layers"], np.arange(len(data["layers"])) < data["papers_own"]
    last, early = int(np.argmax(np.where(own, layers, 0))), int(np.argmin(np.abs(layers - 20)))
    more, longer = (layers[last] - 1) / (layers[early] - 1), data["iterations"][last] / data["iterations"][early]
    constant, left = one_constant(data, "stable_iterations", layers >= 5)
    coarse_constant, coarse_left = one_constant(data, "iterations", own & (layers >= 5))
    return [
        claim(
            f"Learning time saturates with depth: N_l = {layers[last]} has {more:.1f} times the weight matrices of "
            f"N_l = {layers[early]} and takes few more iterations.",
            below(longer, 1.6, ".2f", unit=" times the iterations"),
        ),
        claim(
            "At stable rates learning times are one constant times those of the exact flow at rate 1/Λ₁, for N_l ≥ 5.",
            near(constant, 0.5, 0.05, ".3f", what="constant "),
            below(100 * left, 10, ".1f", what="rms deviation ", unit=" %"),
        ),
        claim(
            "On the paper's coarser grid of rates learning times still follow the exact flow up to one constant, for N_l ≥ 5.",
            below(100 * coarse_left, 20, ".1f", what="rms deviation ", unit=" %"),
            aside=f"constant {coarse_constant:.3f}",
        ),
    ]


def rate_claims(data: Data) -> list[Claim]:
    """Best rates go as 1/depth, beyond the stability limit."""
    layers, inverse = data["layers"], 1 / data["sharpness"]
    inner, deep = (np.arange(len(layers)) < data["papers_own"]) & (layers >= 8), np.argsort(layers)[-3:]
    coarseness = np.log(data["grid"][1] / data["grid"][0]) / np.ptp(np.log(layers[inner] - 1.0))
    papers_slope, papers_law = slope(layers[inner], data["rate"][inner]), slope(layers[inner], inverse[inner])
    # beyond the stability limit runs are chaotic, and rounding decides which rate is the fastest: its exponent is only told
    deep_slope, lucky = slope(layers[deep], data["stable_rate"][deep]), slope(layers[deep], data["fine_rate"][deep])
    return [
        claim(
            "The best rate falls with depth as 1/Λ₁ = 1/(L d (s/d)^(2−2/L)) does, for the paper's depths from N_l = 8, up to one "
            "step of the grid of rates.",
            near(papers_slope, papers_law, coarseness, ".2f", what="exponent "),
        ),
        claim(
            f"The best rate up to the stability limit 2/Λ₁ goes as 1/depth in deep networks, N_l = {listed(np.sort(layers[deep]), '.0f')}.",
            near(deep_slope, -1, 0.1, ".2f", what="exponent "),
            aside=f"that of the fastest rate beyond it {lucky:.2f}",
        ),
        claim(
            "A first crossing of the threshold rewards overshoot: the fastest rates lie beyond the stability limit 2/Λ₁, N_l ≥ 8.",
            between(data["rate"][inner] * data["sharpness"][inner], 2, 4, ".2f", unit=" times 1/Λ₁"),
        ),
        claim(
            "At the fastest rates of the grid the loss rises above the threshold again after it first crossed it, N_l ≥ 8.",
            above(data["relapse"][inner], 1, ".2f", unit=" times the threshold"),
        ),
        claim(
            "At the fastest rate up to 2/Λ₁ the loss never rises above the threshold again.",
            below(data["stable_relapse"], 1, ".4f", unit=" times the threshold"),
        ),
    ]


def witness_claims(data: Data) -> list[Claim]:
    """The wide network and its reduction are one."""
    wide, narrow = data["witness_loss"], data["narrow_loss"]
    fast_apart, apart = (
        np.abs(wide - narrow).max(axis=1) / wide[:, 0] if wide.shape == narrow.shape else (np.inf, np.inf)
    )
    at = int(np.argmax(data["layers"] == data["witness"]))
    learned = np.array([data["iterations"][at], data["stable_iterations"][at]])
    widths = f"A network {data['witness_widths'][0]} units wide and its reduction to {data['witness_widths'][1]} units"
    return [
        claim(
            f"{widths} learn at the iteration that the search found, N_l = {data['witness']}, at the best and at the best stable rate.",
            same(data["witness_learned"][0], learned, what="wide "),
            same(data["witness_learned"][1], learned, what="narrow "),
        ),
        claim(
            f"{widths} have the same loss at every step; beyond the stability limit rounding grows.",
            below(apart, 1e-12, ".1e", what="stable "),
            below(fast_apart, 1e-8, ".1e", what="best ", unit=" of the first loss"),
        ),
    ]


def mnist_claims(data: Data) -> list[Claim]:
    """Numbers known for the paper's grid on MNIST."""
    own = int(data["papers_own"])
    iterations, rates, grid = data["iterations"][:own], data["rate"][:own], data["grid"]
    if own != len(MNIST_ITERATIONS):
        return []
    known = np.array(MNIST_ITERATIONS)
    allowed = np.where(data["layers"][:own] <= 28, 1.0, 0.25 * known)
    touching = data["layers"][:own][(rates <= grid[0] * 1.01) | (rates >= grid[-1] * 0.99)]
    share = (data["first_loss"] - data["threshold"]) / (data["first_loss"] - data["floor"])
    return [
        claim(
            "The paper's threshold of 1.3e4 is this share of what a linear map can learn of white MNIST.",
            near(share, 0.929, 5e-4, ".4f"),
        ),
        claim(
            "Iterations to the threshold on MNIST and the paper's grid of rates: within 1 to N_l = 28, and within 25 % beyond, where "
            "the fastest runs are chaotic.",
            near(iterations, known, allowed, ".0f"),
        ),
        claim(
            "The rates that took the fewest iterations on MNIST, within one step of the grid.",
            near(np.log10(rates), np.log10(MNIST_RATES), 1.05 * np.log10(grid[1] / grid[0]), ".2f", what="log₁₀ rate "),
        ),
        claim(
            "Against the paper, the best rate lies inside the window of rates at every depth but N_l = 5.",
            same(touching, [5], what="at an end of the window: N_l = "),
        ),
    ]
