"""Every figure keeps its contract: arrays, claims that hold and that can fail, and a drawing."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from deeplinear.figures import FIGURES, Claim

SMALLER = {
    "fig2": {"grid": 9, "points": 45, "duration": 9.0},
    "fig3": {"seeds": 6},
    "fig4": {},
    "fig5": {},
    "fig6a": {},
    "fig6bc": {},
    "fig7": {},
    "fig8": {},
    "gains": {},
}


@pytest.fixture(scope="module", params=list(FIGURES))
def figure(request):
    module = FIGURES[request.param]
    return request.param, module, module.compute(**module.QUICK | SMALLER[request.param])


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


def tampered(data):
    """The same data with one array at a time made wrong, in several ways."""
    rng = np.random.default_rng(0)
    for name, array in data.items():
        if array.dtype.kind != "f":
            continue
        noise = rng.standard_normal(array.shape)
        one = np.zeros(array.shape)
        one.reshape(-1)[-1] = 1.0
        ramp = np.geomspace(1, 30, array.size).reshape(array.shape)
        turned = array[::-1] if array.ndim else -array
        disordered = np.sort(array, axis=0) if array.ndim else array  # columns, each for itself
        for wrong in (
            0.5 * array,
            1.3 * array,
            turned,
            array * ramp,
            array * (1 + 0.3 * noise),
            array + one,
            disordered,
        ):
            yield data | {name: np.asarray(wrong)}


def test_every_claim_can_fail(figure):
    name, module, data = figure
    never = {claim.text for claim in module.claims(data)}
    with np.errstate(all="ignore"):
        for wrong in tampered(data):
            claims = module.claims(wrong)
            order = [claim.text for claim in claims]
            assert len(order) == len(module.claims(data))
            never -= {claim.text for claim in claims if not claim.passed}
    assert not never, f"{name}: no tampering turned these red"


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


def test_claims_are_frozen_and_json_ready():
    claim = Claim("sky is blue", "blue", "blue", np.bool_(True))
    assert claim.record() == {"text": "sky is blue", "expected": "blue", "measured": "blue", "passed": True}
    assert type(claim.passed) is bool
    with pytest.raises(AttributeError):
        claim.passed = False


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
    assert data["iterations"][:7].tolist() == [5, 19, 48, 57, 80, 98, 116]  # theory handbook, section 10
    assert data["witness_widths"].tolist() == [1000, 10]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fig2", "fig3", "fig5", "fig6a", "fig6bc", "fig7", "fig8", "gains"])
def test_other_figures_at_the_papers_size(name):
    module = FIGURES[name]
    assert [claim for claim in module.claims(module.compute(**module.PAPER)) if not claim.passed] == []
