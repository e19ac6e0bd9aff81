"""Every figure keeps its contract: arrays, claims that hold and that can fail, and a drawing."""

import itertools
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure
from tests.figures.conftest import computed

from deeplinear.figures import FIGURES
from deeplinear.figures.claim import Comparison


@pytest.fixture(scope="module", params=list(FIGURES))
def figure(request):
    module = FIGURES[request.param]
    return request.param, module, computed(request.param)


def test_every_parameter_is_in_both_scales():
    for module in FIGURES.values():
        assert module.PAPER.keys() == module.QUICK.keys()


def test_data_are_arrays_without_objects(figure):
    _, _, data = figure
    assert data
    for name, array in data.items():
        assert isinstance(array, np.ndarray), name
        assert array.dtype != object, name


def test_all_claims_hold(figure):
    name, module, data = figure
    claims = module.claims(data)
    assert len(claims) >= 6
    assert len({claim.text for claim in claims}) == len(claims)
    failed = [(claim.text, claim.expected, claim.measured) for claim in claims if not claim.passed]
    assert not failed, (name, failed)


SHARED = "At least nine in ten networks"  # one network more or less of 52 does not decide it; test_growth lets five go


def slices(shape):
    """One index along one axis at a time: all of a short axis, first, middle and last of a long one."""
    if not shape:
        yield ()
    for axis, length in enumerate(shape):
        for i in range(length) if length <= 60 else (0, length // 2, length - 1):
            yield (slice(None),) * axis + (i,)


def alterations(part, whole):
    """A part of an array, made wrong in several ways."""
    step = np.ptp(whole[np.isfinite(whole)]) if np.isfinite(whole).any() else 1.0
    yield from (
        0.3 * part,
        2.5 * part,
        -part,
        30 * part,
        part + 1e-4,
        part + 1.0,
        part - 1.0,
        part + 3 * step,
        part - 3 * step,
    )
    if part.size > 1:
        yield part.reshape(-1)[::-1].reshape(part.shape)
        yield part * np.geomspace(1, 30, part.size).reshape(part.shape)


def tampered(data):
    """The same data with one index of one array made wrong: so that a bound on the least of many cannot pass for one on all."""

    def of(name, array):
        for place in slices(array.shape):
            for wrong in alterations(array[place].astype(float), array.astype(float)):
                changed = array.astype(float)
                changed[place] = wrong
                yield data | {name: changed.astype(array.dtype) if array.dtype.kind == "i" else changed}

    ways = [of(name, array) for name, array in data.items() if array.dtype.kind in "fi"]
    for turn in itertools.zip_longest(*ways):  # all arrays in turn: most claims fall early
        yield from filter(None, turn)


def comparisons(claims):
    """Verdicts by claim and number: a text may name numbers that were tampered with."""
    return {(i, j): each.passed for i, claim in enumerate(claims) for j, each in enumerate(claim.comparisons)}


def test_every_comparison_of_every_claim_can_fail_at_one_index(figure):
    name, module, data = figure
    claims = module.claims(data)
    never = {(i, j) for i, j in comparisons(claims) if not claims[i].text.startswith(SHARED)}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means over nothing, and the like
        for wrong in tampered(data):
            if not never:
                break
            try:
                verdicts = comparisons(module.claims(wrong))
            except (ValueError, IndexError, KeyError, np.linalg.LinAlgError):
                continue  # nonsense that is no figure
            if len(verdicts) == len(comparisons(claims)):
                never -= {key for key, passed in verdicts.items() if not passed}
    lasting = [(claims[i].text, claims[i].comparisons[j]) for i, j in sorted(never)]
    assert not lasting, f"{name}: no single index turned {lasting} red"


NUMBER = r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)(?=[ ,]|$)"


def read(text):
    """Numbers of a text with half a unit of their last digit."""
    for word in re.findall(NUMBER, text):
        mantissa, _, power = word.partition("e")
        digits = len(mantissa.partition(".")[2])
        yield float(word), 0.5000001 * 10.0 ** (int(power or 0) - digits) if word not in ("inf", "nan") else 0.0


def contradiction(comparison):
    """What of the printed numbers contradicts the verdict, judged by them alone and up to their rounding."""
    expected, measured = comparison.expected, comparison.measured
    head = re.match(r"[^-+\d<>≤≥]*?(?=[<>≤≥]|[-+]?\d|rising|falling|none)", expected).group()
    assert measured.startswith(head), comparison
    found = list(read(measured[len(head) :]))
    rest = expected[len(head) :]
    if rest.startswith(("rising", "falling")):
        sign = 1 if rest.startswith("rising") else -1
        return any(sign * (b - a) < -(ea + eb) for (a, ea), (b, eb) in itertools.pairwise(found))
    if rest[:1] in "<>≤≥":
        sign, limits = (1 if rest[0] in "<≤" else -1), list(read(rest))
        limits = limits * len(found) if len(limits) == 1 else limits
        room = 1e-3  # limits are printed with four digits
        return any(sign * (x - y) > e + room * abs(y) for (x, e), (y, _) in zip(found, limits, strict=True))
    if " to " in rest:
        ends = [[next(iter(read(end))) for end in pair.split(" to ")] for pair in rest.split(", ")]
        ends = ends * len(found) if len(ends) == 1 else ends
        return any(
            not a - e - 1e-3 * abs(a) <= x <= b + e + 1e-3 * abs(b)
            for (x, e), ((a, _), (b, _)) in zip(found, ends, strict=True)
        )
    if "±" in rest:
        pairs = [part.split("±") for part in rest.split(", ")]
        known = [value for left, _ in pairs for value in read(left)]
        allowed = [next(iter(read(right)))[0] for left, right in pairs for _ in read(left)]
        known, allowed = (each * len(found) if len(each) == 1 else each for each in (known, allowed))
        return any(
            abs(x - y) > 1.06 * w + e + f for (x, e), (y, f), w in zip(found, known, allowed, strict=True)
        )  # tolerances are printed with two digits
    return rest != measured[len(head) :]


def test_no_tick_stands_beside_numbers_that_disagree(figure):
    _, module, data = figure
    for claim in module.claims(data):
        assert claim.comparisons, claim
        assert claim.text.endswith("."), claim.text
        assert claim.text[0].isupper() or claim.text[0] in "Vχ", claim.text
        for comparison in claim.comparisons:
            assert not contradiction(comparison), (claim.text, comparison)


@pytest.mark.parametrize(
    ("expected", "measured"),
    [
        ("< 3 %", "2.0 3.1 %"),
        ("> 5", "4.9 6"),
        ("≤ 0", "-0.1 0.1"),
        ("a < 1 2", "a 0.5 2.1"),
        ("1 to 3 epochs", "1 4 epochs"),
        ("0 to 1, 2 to 3", "0.5 3.5"),
        ("1.0 ± 0.1, 2.0 ± 0.5", "1.0 2.7"),
        ("1.977 5.400 99.22 ± 15 %", "1.996 5.466 265.5 %"),
        ("16.446 ± 0.5", "7.572"),
        ("rising", "1 30 2"),
        ("falling", "30 1 20"),
        ("N_l = 5", "N_l = none"),
        ("0.1472 0.2737", "0.1472 0.2738"),
    ],
)
def test_the_reader_of_printed_numbers_sees_contradictions(expected, measured):
    assert contradiction(Comparison(expected, measured, True))


def test_draw_fills_a_figure_and_returns_nothing(figure):
    _, module, data = figure
    drawing = Figure(figsize=module.SIZE, layout="constrained")
    assert module.draw(data, drawing) is None
    assert drawing.axes
    for axes in drawing.axes:
        assert axes.get_title(loc="left")
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert axes.has_data()
    drawing.canvas.draw()


def test_neither_import_nor_compute_loads_matplotlib_and_the_registry_is_light():
    code = (
        "import sys, deeplinear.figures as f; assert len(f.FIGURES) == 9; assert 'jax' not in sys.modules;"
        "m = f.FIGURES['fig2']; m.compute(**m.QUICK | {'points': 2}); assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_figure_is_a_key_error():
    with pytest.raises(KeyError):
        FIGURES["fig9"]


def test_fig4_says_so_when_nothing_learns():
    module = FIGURES["fig4"]
    with pytest.raises(ValueError, match="Widen window or raise steps"):
        module.compute(**module.QUICK | {"layers": (3, 8), "deeper": (), "window": (1e-9, 1e-8)})


@pytest.mark.slow
def test_fig4_at_the_papers_size():
    """Real MNIST; DEEPLINEAR_DATA may name the folder that holds it."""
    module = FIGURES["fig4"]
    data = module.compute(**module.PAPER)
    assert [claim for claim in module.claims(data) if not claim.passed] == []
    assert data["iterations"][:7].tolist() == [
        5,
        19,
        48,
        57,
        80,
        98,
        116,
    ]  # by a program that shares no code with this one
    assert data["witness_widths"].tolist() == [1000, 10]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fig2", "fig3", "fig5", "fig6a", "fig6bc", "fig7", "fig8", "gains"])
def test_other_figures_at_the_papers_size(name):
    module = FIGURES[name]
    assert [claim for claim in module.claims(module.compute(**module.PAPER)) if not claim.passed] == []
