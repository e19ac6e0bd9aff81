"""Fig. 7: at the edge of chaos a hundred tanh layers keep a large share of all directions, at any size of the input.

Paper: histograms of the singular values of the end-to-end Jacobian (22) of one random orthogonal tanh network, N = 1000,
N_l = 100; rows are gains g, growing downwards to 1.1, columns the input's mean square q¹. At g = 1 an O(1) fraction stays
O(1) even for q¹ ≫ 1; slightly above, the spread is mild; below, everything collapses. Just beyond the edge is best.

Not stated in the paper, our choice: g ∈ {.9, .95, 1, 1.05, 1.1} and q¹ ∈ {.2, 1, 4}, the input a random direction. J has
N_l − 1 = 99 factors and begins with diag φ'(x¹). The exact law at large N, which the paper does not have, is laid over: free
probability, with q following (48) along the depth. Sampling errors come from many narrower networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.draw.style import BLUE, GREY, INK, MIST, SKY, VERMILION, quiet
from deeplinear.figures.isometry_claims import LEVELS, LOST, claims, kolmogorov, log_rms
from deeplinear.figures.parameters import typed
from deeplinear.sweep import sweep

if TYPE_CHECKING:
    from deeplinear.arrays import Array

__all__ = ["PAPER", "QUICK", "SIZE", "claims", "compute", "draw"]

Data = dict[str, Any]

PAPER: dict[str, Any] = {
    "n": 1000,
    "layers": 100,
    "gains": (0.9, 0.95, 1.0, 1.05, 1.1),
    "variances": (0.2, 1.0, 4.0),
    "again": ((1.0, 1.0, 0, 1), (1.0, 1.0, 1, 0), (1.05, 1.0, 0, 1), (1.05, 1.0, 1, 0)),
    "narrow": 150,
    "networks": 16,
}
QUICK: dict[str, Any] = PAPER | {"n": 200, "narrow": 60, "networks": 8}
SIZE = (11.6, 9.6)
GRID = 400  # points at which a density is drawn
DECADES, BINS = (-8.5, 1.0), 96  # of log₁₀ s, drawn


@typed
def compute(
    *,
    n: int,
    layers: int,
    gains: tuple[float, ...],
    variances: tuple[float, ...],
    again: tuple[tuple[float, float, int, int], ...],
    narrow: int,
    networks: int,
) -> Data:
    """Singular values of Jacobians, and their laws.

    Args:
        n: width.
        layers: the paper's N_l; J has one factor fewer.
        gains: rows.
        variances: q¹ of the columns.
        again: more panels, of other networks and inputs: g, q¹, which network, which input.
        narrow: width of the networks that sampling errors come from.
        networks: how many of those in each panel.

    Returns:
        ``log_s``, ln of all singular values, descending, shape ``(gains, variances, n)``; ``q`` of every layer,
        ``(gains, variances, layers)``; ``log_rms``, half the sum of ``ln g²⟨φ'²⟩`` with the network's activations, and
        ``log_rms_law`` with those of (48); ``cdf`` of the law at ``log_s``, and ``aligned_cdf``,
        the same after scaling all s to the law's root mean square; ``law_quantiles`` at `LEVELS`, and ``law_kept``, its share above `LOST`; ``grid`` and ``density`` of log₁₀ s; ``again`` and ``again_log_s``;
        ``narrow_quantiles`` of shape ``(gains, variances, networks, levels)`` ``narrow_log_rms``, and ``narrow_excess``,
        of ln of the root mean square over that; ``gaussian_quantiles`` of ln s, 5, 50 and 95 %, by the law for Gaussian weights at the
        largest gain, ``(variances, 3)``.
    """
    panels = [{"gain": g, "variance": q} for g in gains for q in variances]
    wide = [panel | {"n": n, "layers": layers, "network": 0, "number": 0} for panel in panels]
    more = [{"gain": g, "variance": q, "n": n, "layers": layers, "network": w, "number": x} for g, q, w, x in again]
    found = sweep(jacobian, [*wide, *more], workers=-1 if n > 500 else 1)
    spread = sweep(sampled, [panel | {"n": narrow, "layers": layers, "networks": networks} for panel in panels])
    shape = (len(gains), len(variances))

    def table(rows: list[dict[str, Array]], name: str) -> Array:
        return np.array([row[name] for row in rows]).reshape(*shape, *np.shape(rows[0][name]))

    laws = sweep(
        predicted,
        [panel | {"depth": layers - 1, "log_s": row["log_s"]} for panel, row in zip(panels, found, strict=False)],
    )
    return {
        "gains": np.array(gains),
        "variances": np.array(variances),
        **{name: table(found[: len(panels)], name) for name in ("log_s", "q", "log_rms")},
        **{name: table(laws, name) for name in laws[0]},
        "narrow": np.array(narrow),
        **{f"narrow_{name}": table(spread, name) for name in spread[0]},
        "gaussian_quantiles": np.array([gaussian(gains[-1], q, layers - 1) for q in variances]),
        "again": np.array(again),
        "again_log_s": np.array([row["log_s"] for row in found[len(panels) :]]),
    }


def jacobian(*, gain: float, variance: float, n: int, layers: int, network: int, number: int) -> dict[str, Array]:
    """One network at one input: ln s of its Jacobian, q of its layers, and the rms that its activations predict."""
    from deeplinear import initial
    from deeplinear.network import Network
    from deeplinear.propagation import log_jacobian_singular_values

    weights = initial.orthogonal([n] * layers, gain=gain, rng=np.random.default_rng([network, n, layers]))
    net = Network(weights, "tanh", activated_inputs=True)
    x = np.random.default_rng([number, n]).standard_normal(n)
    x *= np.sqrt(variance / (x @ x / n))
    h = np.array([x, *net.preactivations(x)])
    gains = gain**2 * (net.activation.derivative(h[:-1]) ** 2).mean(axis=1)
    log_s = log_jacobian_singular_values(net, x)
    return {"log_s": log_s, "q": (h**2).mean(axis=1), "log_rms": np.log(gains).sum() / 2}


def sampled(*, gain: float, variance: float, n: int, layers: int, networks: int) -> dict[str, Array]:
    """Quantiles of ln s at `LEVELS`, and ln of the root mean square less its prediction, over networks."""
    nets = [
        jacobian(gain=gain, variance=variance, n=n, layers=layers, network=network + 1, number=network)
        for network in range(networks)
    ]
    return {
        "quantiles": np.array([np.quantile(net["log_s"], LEVELS) for net in nets]),
        "log_rms": np.array([net["log_rms"] for net in nets]),
        "excess": np.array([log_rms(net["log_s"]) - net["log_rms"] for net in nets]),
    }


def gaussian(gain: float, variance: float, depth: int) -> Array:
    """Quantiles of ln s at 5, 50 and 95 % if weights were Gaussian, by free probability."""
    from deeplinear.propagation import jacobian_spectrum

    squares = jacobian_spectrum("tanh", gain=gain, depth=depth, input_variance=variance, weights="gaussian")
    return squares.logarithm().ppf([0.05, 0.5, 0.95]) / 2


def predicted(*, gain: float, variance: float, depth: int, log_s: Array) -> dict[str, Array]:
    """The law of a panel: what it says at ``log_s``, its quantiles, its density."""
    from deeplinear.propagation import jacobian_spectrum

    squares = jacobian_spectrum("tanh", gain=gain, depth=depth, input_variance=variance)
    law = squares.logarithm()  # of 2 ln s
    level = np.log(squares.mean()) / 2
    grid = np.linspace(law.ppf(1e-4), law.support()[1], GRID)
    return {
        "cdf": law.cdf(2 * log_s),
        "aligned_cdf": law.cdf(2 * (log_s - log_rms(log_s) + level)),
        "law_quantiles": law.ppf(np.array(LEVELS)) / 2,
        "law_kept": np.array(law.sf(2 * np.log(LOST))),
        "log_rms_law": np.array(level),
        "grid": grid / np.log(100),
        "density": law.pdf(grid) * np.log(100),
    }


def draw(data: Data, figure: Any) -> None:
    """A grid of histograms of log₁₀ s, with their laws."""
    axes = figure.subplots(len(data["gains"]), len(data["variances"]), sharex=True)
    distances = kolmogorov(data, "cdf")
    for i, gain in enumerate(data["gains"]):
        for j, variance in enumerate(data["variances"]):
            draw_panel(data, i, j, axes[i, j], distances[i, j])
            title = f"q$^1$ = {variance:g}\n" if i == 0 else " "
            last = i == len(data["gains"]) - 1
            quiet(axes[i, j], title=title, x="singular value s" if last else " ", y=f"g = {gain:g}" if j == 0 else " ")
    rows = (("■  one network", BLUE), ("—  free probability", INK), ("--  median", VERMILION))
    for line, (text, colour) in enumerate(rows):
        axes[0, 0].text(
            1.0, 0.78 - 0.16 * line, text, transform=axes[0, 0].transAxes, color=colour, fontsize=9, ha="right"
        )


def draw_panel(data: Data, i: int, j: int, axes: Any, distance: float) -> None:
    """One histogram over the decades in which singular values live."""
    s10 = data["log_s"][i, j] / np.log(10)
    cuts = np.linspace(*DECADES, BINS)
    seen = np.histogram(s10, cuts)[0] / len(s10) / np.diff(cuts)
    axes.axvline(0, color=MIST, lw=1)
    axes.stairs(seen, cuts, fill=True, color=SKY, alpha=0.75, lw=0)
    grid, density = data["grid"][i, j], data["density"][i, j]
    axes.plot(grid, density, color=INK, lw=1.2)
    axes.axvline(np.median(s10), color=VERMILION, lw=1.1, ls="--")
    axes.set_xlim(*DECADES)
    axes.set_ylim(0, 1.15 * max(seen.max(), density[grid > DECADES[0]].max()))
    axes.set_yticks([])
    axes.set_xticks([-8, -6, -4, -2, 0], ["10$^{-8}$", "10$^{-6}$", "10$^{-4}$", "10$^{-2}$", "1"])
    out = f", {np.mean(s10 < DECADES[0]):.1%} further left" if (s10 < DECADES[0]).mean() > 0.002 else ""
    place = {"transform": axes.transAxes, "va": "bottom", "fontsize": 8, "color": GREY}
    axes.text(0.02, 1.01, f"Kolmogorov distance {distance:.3f}{out}", **place)
