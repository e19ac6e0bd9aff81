"""Figures on a user's own task, and what they refuse before anything is computed."""

import re
import threading

import numpy as np
import pytest
from matplotlib.figure import Figure

from deeplinear import Task, sweep
from deeplinear.figures import FIGURES, fig4, fig5, fig6a, fig8
from deeplinear.figures.parts import watched
from deeplinear.figures.sources import task_of

INPUTS = ("raw", "centred", "white")
FEW = {"layers": (3, 5, 8, 10), "deeper": (14,), "width": 8, "rates": 6, "refine": 2, "witness": 5, "steps": 400}


@pytest.fixture(scope="module")
def own():
    """A task of ten inputs and three classes for each kind of inputs, far from any data set that has a name."""
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(3), 40)
    x = rng.standard_normal((120, 10)) + 2.5 * rng.standard_normal((3, 10))[kinds]
    return {inputs: Task.from_data(x, np.eye(3)[kinds], inputs=inputs) for inputs in INPUTS}


@pytest.fixture(scope="module")
def fourth(own):
    """Fig. 4 on the white task, and what its watcher was told."""
    window, data = tuple(np.array([0.05, 2.5]) / (2 * own["white"].modes.s[0])), {}
    told = heard(
        lambda: data.update(fig4.compute(**fig4.QUICK | FEW | {"data": own["white"], "window": window, "share": 0.9}))
    )
    return data, told


def heard(compute):
    """All that a watcher hears."""
    told = []
    with sweep.setting(watch=lambda done, total: told.append((done, total))):
        compute()
    return told


def test_a_task_of_ones_own_is_the_one_that_runs(own, fourth):
    data, _ = fourth
    np.testing.assert_array_equal(data["singular_values"], own["white"].modes.s / 120)
    assert (data["floor"], data["data"]) == (own["white"].floor, "own")
    assert len(fig4.claims(data)) >= 6
    fig4.draw(data, Figure(figsize=fig4.SIZE, layout="constrained"))


def test_fig5_runs_on_a_task_for_each_kind_of_inputs(own):
    few = {"hidden": (8, 8), "epochs": 30, "steps": 60, "long": 60, "every": 20, "draws": 3, "share": 0.2}
    few |= {"random_rates": (1.0, 3.0, 9.0), "pretrained_rates": (0.5, 1.0)}
    data = fig5.compute(**fig5.QUICK | few | {"data": own})
    assert data["pixels"].shape[0] <= 9
    assert np.isfinite(data["scores"]).all()
    floors = [float(data[f"{inputs}_random_floor"]) for inputs in ("raw", "centred")]
    np.testing.assert_allclose(floors, [own["raw"].floor, own["centred"].floor], rtol=1e-12)


def test_fig6a_runs_on_a_task_for_each_kind_of_inputs(own):
    few = {
        "width": 12,
        "rates": (1e-1, 2.0, 1e-7),
        "steps": 200,
        "hold": 5,
        "witness": 3,
        "matrix": 5,
        "pretraining": {},
    }
    runs = (("orthogonal", "white", (0.9,), (3, 5), (0,)), ("orthogonal", "raw", (0.5,), (3,), (0,)))
    data = fig6a.compute(**fig6a.QUICK | few | {"data": own, "runs": runs})
    assert data["inputs"].tolist() == ["white", "white", "raw"]
    assert np.isfinite(data["iterations"]).all()


def test_tasks_by_kind_of_inputs(own):
    assert task_of("fig5", own, "centred") is own["centred"]
    assert task_of("fig4", own["white"], "white") is own["white"]
    assert task_of("fig4", own["raw"], "white").anisotropy < 1e-9
    assert task_of("fig4", "digits", "white") is task_of("fig4", "digits", "white")


@pytest.mark.parametrize("name", ["fig4", "fig5", "fig6a", "gains"])
@pytest.mark.parametrize("data", ["anything", "Digits", 3, None, np.zeros((3, 2)), ["digits"]])
def test_data_without_that_name_are_refused(name, data):
    with pytest.raises(ValueError, match=rf"^{name} needs data in mnist, digits.*, got data=") as raised:
        FIGURES[name].compute(**FIGURES[name].QUICK | {"data": data})
    assert len(str(raised.value)) < 300
    assert "\n" not in str(raised.value)


def test_inputs_that_cannot_be_made_are_asked_for(own):
    with pytest.raises(ValueError, match=r"^fig5 needs a Task for each kind of inputs, .* inputs='raw'\)"):
        fig5.compute(**fig5.QUICK | {"data": own["white"]})
    with pytest.raises(ValueError, match=r"fig6a needs data in .* got none for raw inputs among white"):
        fig6a.compute(**fig6a.QUICK | {"data": {"white": own["white"]}})
    with pytest.raises(ValueError, match=r"gains needs data in mnist, digits, got .*it trains on the examples"):
        FIGURES["gains"].compute(**FIGURES["gains"].QUICK | {"data": own["white"]})


@pytest.mark.parametrize("name", list(FIGURES))
def test_an_argument_of_another_type_is_refused_by_name(name, monkeypatch):
    """Every argument of every figure, as a type that it is not, and at once."""
    module = FIGURES[name]
    for argument, value in module.QUICK.items():
        if argument in ("data", "threshold", "share"):
            continue
        for wrong in ("wrong", True, None, 1j, float("nan")) if not isinstance(value, dict) else (3,):
            with pytest.raises(
                ValueError, match=rf"^{name} needs {argument} to be .*, got {argument}={re.escape(repr(wrong))}"
            ):
                module.compute(**module.QUICK | {argument: wrong})
    for changed, word in (({"nonsense": 1}, "the unknown nonsense"), ({}, f"no {next(iter(module.QUICK))}")):
        given = module.QUICK | changed
        if not changed:
            given.pop(next(iter(module.QUICK)))
        with pytest.raises(TypeError, match=f"^{name} needs the arguments .*, got {word}"):
            module.compute(**given)


def test_optional_numbers_are_numbers_or_none():
    for name in ("threshold", "share"):
        with pytest.raises(ValueError, match=f"^fig4 needs {name} to be a finite number or None, got {name}='wrong'"):
            fig4.compute(**fig4.QUICK | {name: "wrong"})


def test_lists_and_numpy_numbers_serve():
    data = fig8.compute(n=np.int64(8), layers=4, last=2, networks=2, inputs=3, gains=np.array([0.9, 1.5]), rng=0)
    assert data["gains"].tolist() == [0.9, 1.5]


def test_figures_in_one_process_tell_of_their_parts(fourth):
    assert heard(lambda: list(watched("abc", 3))) == [(1, 3), (2, 3), (3, 3)]
    eight = {"n": 8, "layers": 4, "last": 2, "networks": 5, "inputs": 3, "gains": (0.9, 1.5), "rng": 0}
    assert heard(lambda: fig8.compute(**eight)) == [(i, 5) for i in range(1, 6)]
    told = fourth[1]
    assert told[:5] == [(i, 5) for i in range(1, 6)]  # depths, then the flow on a finer grid of them
    assert told[5:] == [(i, len(told) - 5) for i in range(1, len(told) - 4)]


def test_a_failure_in_one_depth_ends_the_others():
    def work(item, stop):
        if item == 3:
            raise ValueError("of its own")
        stop.wait(20)
        return item

    before = threading.active_count()
    with pytest.raises(ValueError, match="of its own"):
        fig4.in_pairs(work, np.array([1, 2, 3, 4]))
    assert threading.active_count() <= before + 1
