"""What Fig. 4 claims: learning times saturate with depth, because best rates go as 1/depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.figures.claim import Claim, listed

if TYPE_CHECKING:
    from deeplinear.task import Array

Data = dict[str, Any]

# what the exact mode reduction gave for real MNIST, computed by an independent program on the paper's grid of rates
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
    share = (data["first_loss"] - data["threshold"]) / (data["first_loss"] - data["floor"])
    return [
        Claim(
            "the threshold, as a share of what can be learned",
            "0.929",
            f"{share:.4f}",
            abs(share - 0.929) < 5e-4,
        ),
        Claim(
            f"learning time saturates: {more:.1f}× the weight matrices of N_l = {layers[early]} take few more iterations",
            "< 1.6 times",
            f"{longer:.2f} times",
            longer < 1.6,
        ),
        Claim(
            "at stable rates, learning times follow the exact flow at rate 1/Λ₁ up to one constant, N_l ≥ 5",
            "constant ½, rms < 10 %",
            f"constant {constant:.3f}, rms {left:.1%}",
            abs(constant - 0.5) < 0.05 and left < 0.10,
        ),
        Claim(
            "on the paper's grid of rates too, but for the coarseness of the grid, N_l ≥ 5",
            "rms < 20 %",
            f"constant {coarse_constant:.3f}, rms {coarse_left:.1%}",
            coarse_left < 0.20,
        ),
    ]


def rate_claims(data: Data) -> list[Claim]:
    """Best rates go as 1/depth, beyond the stability limit."""
    layers, inverse = data["layers"], 1 / data["sharpness"]
    inner, deep = (np.arange(len(layers)) < data["papers_own"]) & (layers >= 8), np.argsort(layers)[-3:]
    coarseness = np.log(data["grid"][1] / data["grid"][0]) / np.ptp(np.log(layers[inner] - 1.0))
    papers_slope, papers_law = slope(layers[inner], data["rate"][inner]), slope(layers[inner], inverse[inner])
    deep_slope, deep_law = slope(layers[deep], data["fine_rate"][deep]), slope(layers[deep], inverse[deep])
    overshoot, cautious = data["rate"][inner] * data["sharpness"][inner], data["stable_rate"] * data["sharpness"]
    return [
        Claim(
            "best rate falls with depth as 1/Λ₁ = 1/(L d (s/d)^(2−2/L)) does, the paper's depths from N_l = 8",
            f"exponent {papers_law:.2f} ± {coarseness:.2f}, one grid step",
            f"exponent {papers_slope:.2f}",
            abs(papers_slope - papers_law) < coarseness,
        ),
        Claim(
            f"best rate goes as 1/depth in deep networks (finer grid, N_l = {listed(np.sort(layers[deep]), '.0f')})",
            f"exponent −1 ± 0.1 (1/Λ₁: {deep_law:.2f})",
            f"exponent {deep_slope:.2f}",
            abs(deep_slope + 1) < 0.1,
        ),
        Claim(
            "a first crossing rewards overshoot: the fastest rates lie beyond the stability limit 2/Λ₁, N_l ≥ 8",
            "2 to 4 times 1/Λ₁",
            f"{overshoot.min():.2f} to {overshoot.max():.2f}",
            overshoot.min() > 2 and overshoot.max() < 4,
        ),
        Claim(
            "networks trained at those rates leave the threshold again, up to",
            "> 1 times the threshold",
            f"≥ {data['relapse'][inner].min():.2f} times",
            data["relapse"][inner].min() > 1,
        ),
        Claim(
            "networks trained at rates ≤ 2/Λ₁ stay below it",
            "never above",
            f"≤ {data['stable_relapse'].max():.4f} times, rates ≤ {cautious.max():.2f}/Λ₁",
            data["stable_relapse"].max() <= 1 and cautious.max() <= 2 * (1 + 1e-12),
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
    return [
        Claim(
            f"a network {data['witness_widths'][0]} wide learns when its {data['witness_widths'][1]}-wide reduction does,"
            f" N_l = {data['witness']}, at the best and at the best stable rate",
            f"iterations {listed(learned, '.0f')}",
            f"wide {listed(data['witness_learned'][0], '.0f')}, narrow {listed(data['witness_learned'][1], '.0f')}",
            (data["witness_learned"] == learned).all(),
        ),
        Claim(
            "with the same loss at every step; beyond the stability limit rounding grows",
            "within 1e-12 of the first loss (1e-8)",
            f"{apart:.1e} ({fast_apart:.1e})",
            apart < 1e-12 and fast_apart < 1e-8,
        ),
    ]


def mnist_claims(data: Data) -> list[Claim]:
    """Digits known for real MNIST with the paper's parameters."""
    own = int(data["papers_own"])
    iterations, rates, grid = data["iterations"][:own], data["rate"][:own], data["grid"]
    if own != len(MNIST_ITERATIONS):
        return []
    allowed = np.where(data["layers"][:own] <= 28, 1.0, 0.25 * np.array(MNIST_ITERATIONS))
    touching = data["layers"][:own][(rates <= grid[0] * 1.01) | (rates >= grid[-1] * 0.99)]
    return [
        Claim(
            "iterations to the threshold, MNIST, on the paper's grid: ±1 to N_l = 28, ±25 % beyond, where runs are chaotic",
            listed(MNIST_ITERATIONS, ".0f"),
            listed(iterations, ".0f"),
            (np.abs(iterations - MNIST_ITERATIONS) <= allowed).all(),
        ),
        Claim(
            "rates that did it, to one step of the grid",
            listed(MNIST_RATES, ".1e"),
            listed(rates, ".1e"),
            np.abs(np.log(rates / MNIST_RATES)).max() < np.log(grid[1] / grid[0]) * 1.05,
        ),
        Claim(
            "the best rate is inside the window of rates, against the paper, except at N_l = 5",
            "5",
            listed(touching, ".0f"),
            touching.tolist() == [5],
        ),
    ]
