"""Fig. 6B, C: products of Gaussian matrices keep norms on average and lose almost every direction.

Paper: histograms of the singular values (B) and eigenvalues (C) of products of N_l − 1 matrices, N = 1000, independent
Gaussian entries of standard deviation 1/√N, 500 realisations, 5·10⁵ values each; bins of C have width 0.1, and the origin
bin, which holds 32 % (middle) and 94 % (right), is taken out. Singular values become heavy-tailed, eigenvalues fall to the
origin: the product is far from an isometry and far from normal. A product of orthogonal matrices is an isometry.

The paper does not say how many factors: 1, 5 and 99 are our inference, from 32 % and 94 %, and a single matrix on the left.
Singular values are computed in logarithms, to full relative accuracy; the exact laws, which the paper does not have, are
laid over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.draw.style import BLUE, GREY, INK, MIST, SKY, VERMILION, label, quiet, written
from deeplinear.figures.claim import Claim
from deeplinear.figures.parameters import typed

if TYPE_CHECKING:
    from deeplinear.arrays import Array

Data = dict[str, Any]

PAPER: dict[str, Any] = {"n": 1000, "factors": (1, 5, 99), "realisations": 500, "bin_width": 0.1, "rng": 0}
QUICK: dict[str, Any] = PAPER | {"n": 100, "realisations": 24}
SIZE = (12.2, 7.6)


@typed
def compute(*, n: int, factors: tuple[int, ...], realisations: int, bin_width: float, rng: int) -> Data:
    """Spectra of random products.

    Args:
        n: width of the matrices.
        factors: how many of them, for each column.
        realisations: draws of each product.
        bin_width: of the histogram of eigenvalues.
        rng: seed.

    Returns:
        ``log_singular_values`` of shape ``(columns, realisations, n)``; ``eigenvalues``, real and imaginary parts, of shape
        ``(columns, realisations, n, 2)``; ``orthogonal``, singular values of a product of as many orthogonal matrices as
        the last column has factors, shape ``(n,)``; ``bins``, how many for each unit of length.
    """
    from deeplinear.spectra import gaussian_product_samples

    seeds = np.random.SeedSequence(rng).spawn(len(factors) + 1)
    logs = np.empty((len(factors), realisations, n), dtype=np.float32)
    eigenvalues = np.empty((len(factors), realisations, n, 2), dtype=np.float32)
    for i in np.argsort(factors)[::-1]:
        drawn = gaussian_product_samples(n, factors[i], realisations, np.random.default_rng(seeds[i]), eigenvalues=True)
        assert drawn.eigenvalues is not None
        logs[i] = drawn.log_singular_values
        eigenvalues[i] = np.stack([drawn.eigenvalues.real, drawn.eigenvalues.imag], axis=-1)
    return {
        "factors": np.array(factors),
        "log_singular_values": logs,
        "eigenvalues": eigenvalues,
        "orthogonal": orthogonal_product(n, factors[-1], np.random.default_rng(seeds[-1])),
        "bins": np.array(round(1 / bin_width)),
    }


def orthogonal_product(n: int, k: int, rng: np.random.Generator) -> Array:
    """Singular values of a product of k Haar-random orthogonal matrices, by a plain SVD."""
    from deeplinear.haar import haar

    product = np.eye(n)
    for _ in range(k):
        product = haar(n, n, rng) @ product
    return np.linalg.svd(product, compute_uv=False).astype(np.float64)


def claims(data: Data) -> list[Claim]:
    """Singular values, norms and eigenvalues, each against its law."""
    from deeplinear.figures import product_claims

    return product_claims.claims(data)


def draw(data: Data, figure: Any) -> None:
    """Above: singular values with their laws. Below: eigenvalues in the plane."""
    upper, lower = figure.subplots(2, len(data["factors"]), height_ratios=[1, 1.22])
    images = []
    for i in range(len(data["factors"])):
        draw_singular_values(data, i, upper[i])
        images.append(draw_eigenvalues(data, i, lower[i]))
    bar = figure.colorbar(images[-1], cax=lower[-1].inset_axes((1.03, 0.0, 0.035, 0.86)))
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=INK, labelsize=8, color=GREY)
    bar.set_label("eigenvalues for each unit of area", fontsize=9, color=INK)


def named(k: int) -> str:
    """One matrix, or k of them."""
    return "one matrix" if k == 1 else f"product of {k}"


def draw_singular_values(data: Data, column: int, axes: Any) -> None:
    """Density of s, logarithmic, and of log₁₀ s in the inset."""
    from deeplinear.figures.product_claims import log_laws

    k, law = int(data["factors"][column]), log_laws(data)[column]
    logs = np.ravel(data["log_singular_values"][column]).astype(np.float64)
    edge = np.exp(law.support()[1])
    titles = {0: "B   Singular values: ", 1: ""}
    quiet(axes, title=f"{titles.get(column, '')}{named(k)}", x="singular value s", y="density" if column == 0 else " ")
    cuts = np.linspace(0, 1.06 * edge, 54)
    with np.errstate(divide="ignore"):
        exact = np.diff(law.cdf(np.log(cuts))) / np.diff(cuts)
    seen = np.histogram(np.exp(logs), cuts)[0] / len(logs) / np.diff(cuts)
    axes.stairs(seen, cuts, fill=True, color=SKY, alpha=0.75, baseline=1e-7, lw=0)
    axes.stairs(np.where(exact > 0, exact, np.nan), cuts, color=INK, lw=1.3, baseline=None)
    axes.set_yscale("log")
    axes.set_ylim(2e-5, 2e4)
    axes.set_yticks([1e-4, 1e-2, 1])
    axes.minorticks_off()
    axes.set_xlim(0, cuts[-1])
    label(axes, edge, 2e-5, f"edge {edge:.3g}", INK, xytext=(-3, 5), ha="right" if k > 1 else "center", fontsize=8.5)
    inset = axes.inset_axes((0.2, 0.6, 0.78, 0.37))
    low = float(logs.min()) / np.log(10)
    cuts10 = np.linspace(low, np.log10(edge), 61)
    seen10 = np.histogram(logs / np.log(10), cuts10)[0] / len(logs) / np.diff(cuts10)
    fine = np.linspace(low, np.log10(edge) - 1e-9, 600)
    inset.stairs(seen10, cuts10, fill=True, color=MIST, lw=0)
    inset.plot(fine, law.pdf(fine * np.log(10)) * np.log(10), color=INK, lw=1.3)
    median = law.median() / np.log(10)
    inset.axvline(median, color=VERMILION, lw=1.1, ls="--")
    inset.set_xlim(low, np.log10(edge) + 0.03 * (np.log10(edge) - low))
    inset.set_ylim(0, 1.25 * seen10.max())
    inset.set_yticks([])
    inset.spines[["top", "right", "left"]].set_visible(False)
    inset.spines["bottom"].set_color(GREY)
    inset.tick_params(colors=INK, labelsize=7.5, color=GREY, pad=1.5)
    inset.text(0.02, 0.97, "density of log$_{10}$ s", transform=inset.transAxes, fontsize=8.5, color=GREY, va="top")
    median_text = f"{np.exp(law.median()):.2g}"
    inset.text(0.02, 0.78, f"median {median_text}", transform=inset.transAxes, fontsize=8.5, color=VERMILION, va="top")
    if column == 0:
        written(axes, 0.03, 0.14, (("■  drawn", BLUE), ("—  Fuss-Catalan law", INK)))


def draw_eigenvalues(data: Data, column: int, axes: Any) -> Any:
    """Histogram in the plane, origin bin taken out."""
    from matplotlib.colors import LinearSegmentedColormap, LogNorm
    from matplotlib.patches import Circle

    from deeplinear.figures.product_claims import origin_bins
    from deeplinear.spectra import GinibreProduct

    k, width = int(data["factors"][column]), 1 / int(data["bins"])
    z = data["eigenvalues"][column].reshape(-1, 2)
    title = "C   Eigenvalues: " if column == 0 else ""
    quiet(axes, title=f"{title}{named(k)}", x="real part", y="imaginary part" if column == 0 else " ")
    half = int(np.ceil(1.15 / width - 0.5))
    cuts = (np.arange(-half, half + 2) - 0.5) * width
    density = np.histogram2d(z[:, 0], z[:, 1], bins=(cuts, cuts))[0].T / len(z) / width**2
    density[half, half] = 0.0
    shades = LinearSegmentedColormap.from_list("blues", ["#eef6fb", SKY, BLUE, "#08305a"])
    image = axes.pcolormesh(
        cuts, cuts, np.ma.masked_equal(density, 0.0), norm=LogNorm(2e-3, 10), cmap=shades, rasterized=True
    )
    axes.add_patch(Circle((0, 0), 1, fill=False, color=GREY, lw=0.9, ls=":"))
    seen, law = origin_bins(data)[column].mean(), GinibreProduct(k).fraction_in_square(width / 2)
    axes.annotate(
        f"origin bin, taken out: {100 * seen:.3g} %  (law: {100 * law:.3g} %)",
        (-width / 2, width / 2),
        (0.02, 0.985),
        textcoords="axes fraction",
        va="top",
        fontsize=9,
        color=VERMILION,
        arrowprops={"arrowstyle": "-", "color": VERMILION, "lw": 0.9, "relpos": (0.12, 0)},
    )
    if k > 5:
        note = "on the axis: real ones,\nrarer as N grows"
        place = {"transform": axes.transAxes, "ha": "right", "va": "bottom"}
        axes.text(0.99, 0.01, note, **place, fontsize=8.5, color=GREY, bbox={"fc": "white", "ec": "none", "pad": 1})
    axes.set_aspect("equal")
    axes.set_xlim(cuts[0], cuts[-1])
    axes.set_ylim(cuts[0], cuts[-1] + 0.35)
    axes.set_xticks([-1, 0, 1])
    axes.set_yticks([-1, 0, 1])
    return image
