"""Drawings show the arrays of a figure: every line in its colour, on its axes, under its name."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from tests.figures.conftest import computed, panels

from deeplinear.draw.style import BLUE, GREEN, GREY, INK, MIST, ORANGE, SKY, VERMILION
from deeplinear.figures import FIGURES
from deeplinear.figures.delay_claims import finite_steps
from deeplinear.figures.gain_claims import isometric
from deeplinear.figures.growth import growth, rows_of
from deeplinear.figures.saturation import one_constant

NAN = np.nan


def has_line(axes, colour, x, y):
    """Whether a line of this colour goes through just these points."""
    x, y = (np.asarray(each, dtype=float).ravel() for each in (x, y))
    return any(
        to_hex(line.get_color()) == colour
        and len(line.get_xdata()) == len(x)
        and np.allclose(np.asarray(line.get_xdata(), dtype=float), x, rtol=1e-9, equal_nan=True)
        and np.allclose(np.asarray(line.get_ydata(), dtype=float), y, rtol=1e-9, atol=0, equal_nan=True)
        for line in axes.lines
    )


def texts(axes):
    """Words and their colours."""
    return {text.get_text(): to_hex(text.get_color()) for text in axes.texts}


NAMES = {  # panel: title, x, y; and words with their colour
    "fig2": {0: ("All but", "a", "b", {"minima ab = s": VERMILION, "— exact law\n○ descent": GREEN})},
    "fig3": {
        0: (
            "Modes are learned one by one",
            "epochs",
            "mode strength",
            {
                "— exact solution (12)": VERMILION,
                "○  descent, decoupled start": VERMILION,
                "— linear network, random starts": BLUE,
                "— tanh network, the same starts": GREEN,
            },
        ),
        1: ("Random starts", "mode", "delay at half learning", {"▪ linear network": BLUE, "▪ tanh network": GREEN}),
    },
    "fig4": {
        0: (
            "Learning time",
            "number of layers",
            "iterations to the threshold",
            {
                "●  best rate ≤ 2/Λ$_1$: stays learned": GREEN,
                "●  the paper's 20 rates: > 2/Λ$_1$, partly luck": BLUE,
                "●  finer grid of rates, likewise": ORANGE,
            },
        ),
        1: (
            "… because the best rate",
            "weight matrices",
            "best learning rate",
            {
                "●  the paper's 20 rates": BLUE,
                "●  finer grid of rates": ORANGE,
                "- -  2/Λ$_1$: unstable above": VERMILION,
                "—  1/Λ$_1$ (41)": INK,
            },
        ),
        2: (
            "256 units wide = 10 wide",
            "iterations",
            "share of the loss",
            {"fastest rate": BLUE, "fastest stable": GREEN},
        ),
    },
    "fig5": {
        0: ("Σ¹¹ in pixels", "pixel", "pixel", {}),
        1: ("V'Σ¹¹V", "task mode", "task mode", {}),
        3: (
            "Pretrained weights",
            "epochs",
            "training error / its first value",
            {"random N(0, σ²)": INK, "pretrained": VERMILION, "best linear map": GREY},
        ),
    },
    "fig6a": {
        0: ("white inputs", "number of layers", "iterations to learn", {}),
        1: (
            "white, to 0.1 %",
            "number of layers",
            "iterations to learn",
            {"●  pretrained": GREEN, "●  orthogonal": VERMILION, "●  glorot": SKY, "●  gaussian": BLUE},
        ),
        2: ("raw inputs", "number of layers", "iterations to learn", {}),
        3: ("best rate", "number of layers", "learning rate", {}),
        6: ("eigenvalues", "Re λ", "Im λ", {}),
        7: ("growth with depth, white inputs", "exponent of learning time", "start", {}),
    },
    "fig6bc": {
        0: ("B   Singular values: one", "singular value s", "density", {"■  drawn": BLUE, "—  Fuss-Catalan law": INK}),
        6: ("C   Eigenvalues: one", "real part", "imaginary part", {}),
    },
    "fig7": {
        0: (
            "q$^1$ = 0.2",
            " ",
            "g = 0.9",
            {"■  one network": BLUE, "—  free probability": INK, "--  median": VERMILION},
        ),
        2: ("q$^1$ = 4", " ", " ", {}),
        12: (" ", "singular value s", "g = 1.1", {}),
    },
    "fig8": {
        0: ("Variance, layer to layer", "q$_{in}$", "q$_{out}$", {"g = 1, as in the paper": VERMILION}),
        1: (
            "Where activity settles",
            "gain g",
            "q$_\\infty$",
            {
                "—  fixed point (49)": VERMILION,
                "●  networks, mean of layers 26 to 30; sd of one": BLUE,
                "- - the same layers by (48)": GREY,
            },
        ),
    },
    "gains": {
        0: ("10 layers", " ", "steps to learn", {"●  orthogonal weights": VERMILION, "●  Gaussian weights": BLUE}),
        1: ("30 layers", " ", " ", {}),
        2: (" ", " ", "test accuracy", {}),
        4: (" ", "gain g", "singular values, predicted", {"··  root mean square": INK}),
    },
}


@pytest.mark.parametrize("name", FIGURES)
def test_panels_are_named(name):
    drawn = panels(name)
    for number, (title, x, y, words) in NAMES[name].items():
        axes = drawn[number]
        assert axes.get_title(loc="left").startswith(title)
        assert axes.get_xlabel().startswith(x)
        assert axes.get_ylabel().startswith(y)
        assert words.items() <= texts(axes).items()


def mean_of_seeds(data, start, inputs, measured, *, strict=False):
    """Depths and the mean over seeds that learned."""
    rows = rows_of(data, start, inputs, strict=strict)
    rows = rows[np.isfinite(data["iterations"][rows])]
    depths = np.unique(data["layers"][rows])
    return depths, [data[measured][rows[data["layers"][rows] == n]].mean() for n in depths]


def lines_of_fig2(d):
    for path in d["path"]:
        yield 0, GREEN, path[:, 0], path[:, 1]
        yield 0, GREEN, path[:1, 0], path[:1, 1]


def lines_of_fig3(d):
    for i in range(len(d["modes"])):
        yield 0, VERMILION, d["times"], d["exact"][:, i]
        for seed in range(3):
            yield 0, BLUE, d["times"], d["random"][seed, :, i]
            yield 0, GREEN, d["times"], d["tanh"][seed, :, i]
    late = 100 * (finite_steps(d) / d["exact_half_times"] - 1)
    yield 1, VERMILION, np.arange(len(d["modes"])), late


def lines_of_fig4(d):
    own = slice(0, int(d["papers_own"]))
    for name, colour in (("stable_iterations", GREEN), ("fine_iterations", ORANGE)):
        yield 0, colour, d["layers"], d[name]
        yield 0, colour, d["theory_layers"], one_constant(d, name, d["layers"] >= 5)[0] * d["theory_times"]
    yield 0, BLUE, d["layers"][own], d["iterations"][own]
    yield 1, BLUE, d["layers"][own] - 1, d["rate"][own]
    yield 1, ORANGE, d["layers"] - 1, d["fine_rate"]
    yield 1, INK, d["theory_layers"] - 1, 1 / d["theory_sharpness"]
    yield 1, VERMILION, d["theory_layers"] - 1, 2 / d["theory_sharpness"]
    share = (d["narrow_loss"] - d["floor"]) / (d["first_loss"] - d["floor"])
    for i, colour in enumerate((BLUE, GREEN)):
        end = int(d["witness_learned"][1, i]) + 1
        yield 2, colour, np.arange(end), share[i, :end]


def lines_of_fig5(d):
    first = d["raw_random_first"]
    yield 3, INK, d["raw_random_times"], d["raw_random_loss"] / first
    yield 3, GREY, np.arange(len(d["raw_random_best"])), d["raw_random_best"] / first
    tuned = d["raw_pretrained_times"] + d["raw_pretrained_spent"].sum()
    shown = tuned <= d["raw_random_times"][-1]
    yield 3, VERMILION, tuned[shown], d["raw_pretrained_loss"][shown] / first
    yield 3, GREY, [0, 1], [d["raw_random_floor"] / first] * 2


def lines_of_fig6a(d):
    starts = (("gaussian", BLUE), ("glorot", SKY), ("orthogonal", VERMILION), ("pretrained", GREEN))
    for column, (inputs, strict) in enumerate((("white", False), ("white", True), ("raw", False))):
        for start, colour in starts:
            if not len(rows_of(d, start, inputs, strict=strict)):
                continue
            for row, measured in enumerate(("iterations", "rate")):
                yield 3 * row + column, colour, *mean_of_seeds(d, start, inputs, measured, strict=strict)
    yield 6, VERMILION, *d["eigenvalues"].T
    for i, start in enumerate(("gaussian", "glorot", "orthogonal", "pretrained")):
        yield 7, starts[i][1], [growth(d, rows_of(d, start, "white"))[0]], [-i]


def lines_of_fig6bc(d):
    from deeplinear.figures.product_claims import log_laws

    for column, law in enumerate(log_laws(d)):
        yield 2 * column + 1, VERMILION, [law.median() / np.log(10)] * 2, [0, 1]


def lines_of_fig7(d):
    for i in range(5):
        for j in range(3):
            yield 3 * i + j, INK, d["grid"][i, j], d["density"][i, j]
            yield 3 * i + j, VERMILION, [np.median(d["log_s"][i, j]) / np.log(10)] * 2, [0, 1]


def lines_of_fig8(d):
    for out, colour in zip(d["maps"], (GREY, VERMILION, GREY, GREY), strict=True):
        yield 0, colour, d["map_in"], out
    runs = d["simulated"][list(d["gains"]).index(1.0)]
    for layer in range(runs.shape[1] - 1):
        yield 0, BLUE, runs[:, layer], runs[:, layer + 1]
    for panel in (1, 2):
        yield panel, VERMILION, d["curve_gains"], d["curve"]
        yield panel, BLUE, d["gains"], d["simulated"][..., -5:].mean(axis=(1, 2))
    near = d["gains"] <= 1.11
    yield 2, GREY, d["gains"][near], d["followed"][near, -5:].mean(axis=1)


def lines_of_gains(d):
    columns = len(d["depths"])
    for column in range(columns):
        for s, colour in enumerate((VERMILION, BLUE)):
            learned = d["learned"][s, column]
            yield column, colour, d["gains"], np.where(np.isfinite(learned).all(axis=-1), learned.mean(axis=-1), NAN)
            yield columns + column, colour, d["gains"], d["accuracy"][s, column].mean(axis=-1)
            yield 2 * columns + column, colour, d["gains"], d["quantiles"][s, column, :, 1] / np.log(10)
        yield 2 * columns + column, INK, d["fine"], d["log_rms"][column] / np.log(10)
        for row in range(3):
            yield row * columns + column, GREY, [isometric(d)[column]] * 2, [0, 1]
            yield row * columns + column, MIST, [1, 1], [0, 1]


@pytest.mark.parametrize("name", FIGURES)
def test_lines_are_the_arrays(name):
    drawn, count = panels(name), 0
    for panel, colour, x, y in globals()[f"lines_of_{name}"](computed(name)):
        assert has_line(drawn[panel], colour, x, y), (panel, colour, np.asarray(y))
        count += 1
    assert count >= 3
