"""Curves as data frames and data sets: every number stands beside its time, mode, seed and rate."""

import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

import deeplinear as dl
from deeplinear import Curve, frames

TASK = dl.Task.from_modes([4.0, 2.0])
STARTS = [dl.initial.decoupled(TASK, [2, 3, 2], strength=0.1 * (1 + i), rng=i) for i in range(3)]


@pytest.fixture(scope="module")
def batch():
    return dl.descend(TASK, STARTS, rate=[0.01, 0.02], steps=5)


def test_one_curve_is_a_row_for_each_number():
    curve = Curve(np.array([0.0, 2.0]), np.array([5.0, 1.0]), np.array([[1.0, 3.0], [2.0, 4.0]]), np.ones(2))
    frame = curve.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["time", "quantity", "mode", "value"]
    rows = [tuple(row) for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False)]
    assert rows == [
        (0.0, "loss", None, 5.0),
        (2.0, "loss", None, 1.0),
        (0.0, "strength", 1, 1.0),
        (2.0, "strength", 1, 2.0),
        (0.0, "strength", 2, 3.0),
        (2.0, "strength", 2, 4.0),
    ]
    assert str(frame["mode"].dtype) == "Int64"
    assert frame["time"].dtype == float


def test_a_batch_names_its_seeds_and_rates(batch):
    frame = batch.to_frame()
    assert frame.columns.tolist() == ["seed", "rate", "time", "quantity", "mode", "value"]
    chosen = frame[(frame.seed == 2) & (frame.rate == 0.02) & (frame.quantity == "strength") & (frame["mode"] == 2)]
    assert_array_equal(chosen.value, batch.strengths[2, 1, :, 1])
    loss = frame[(frame.seed == 1) & (frame.rate == 0.01) & (frame.quantity == "loss")]
    assert_array_equal(loss.value, batch.loss[1, 0])
    assert_array_equal(loss.time, batch.times)


def test_axes_that_are_left_out_are_no_columns():
    seeds = dl.descend(TASK, STARTS, rate=0.01, steps=2)
    assert list(seeds.batch_axes) == ["seed"]
    rates = dl.descend(TASK, STARTS[0], rate=[0.01, 0.02], steps=2)
    assert list(rates.batch_axes) == ["rate"]
    assert_array_equal(rates.batch_axes["rate"], [0.01, 0.02])
    network = dl.Network(STARTS[0], "tanh")
    trained = dl.train([network, network], (np.eye(2), np.eye(2)), rate=[0.01, 0.02, 0.03], steps=2)
    assert {name: len(axis) for name, axis in trained.batch_axes.items()} == {"seed": 2, "rate": 3}


def test_other_libraries_where_pandas_is_not_there(monkeypatch):
    real = frames.find_spec
    columns = {"mode": [None, 1], "value": [0.5, 1.5]}
    monkeypatch.setattr(frames, "find_spec", lambda name: None if name == "pandas" else real(name))
    found = frames.to_frame(columns)
    assert isinstance(found, pl.DataFrame)
    assert found["mode"].to_list() == [None, 1]
    assert found["mode"].dtype == pl.Int64
    monkeypatch.setattr(frames, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"to_frame needs one of pandas, polars, pyarrow"):
        frames.to_frame(columns)


def test_a_data_set_has_named_axes(batch):
    data = batch.to_xarray()
    assert data.strengths.dims == ("seed", "rate", "time", "mode")
    assert_array_equal(data.strengths.sel(seed=1, rate=0.02, mode=2), batch.strengths[1, 1, :, 1])
    assert_array_equal(data.loss.sel(seed=2, rate=0.01), batch.loss[2, 0])
    assert_array_equal(data.targets, TASK.targets)
    assert data.attrs["name"] == batch.name


def test_without_xarray_there_is_a_sentence(batch, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match=r"to_xarray needs xarray.*to_frame"):
        batch.to_xarray()
