"""Data to pretrain on."""

import numpy as np
import pytest

from deeplinear import Task


@pytest.fixture(scope="module")
def examples():
    """Inputs of nine dimensions that fill only seven."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 7)) * np.geomspace(3, 0.5, 7) @ np.linalg.qr(rng.standard_normal((9, 7)))[0].T
    return x, rng.standard_normal((60, 3))


@pytest.fixture(scope="module")
def task(examples):
    return Task.from_data(*examples)
