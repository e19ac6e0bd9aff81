"""The one rule for arrays: which containers are read, which are refused, and in which words."""

import decimal
import fractions

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from tests.fuzz.draws import Tensor

from deeplinear.arguments import choice, flag, generator, real_number, whole_number, whole_numbers
from deeplinear.arrays import moduli, real_array
from deeplinear.messages import shown

FROZEN = np.array([1.0, 2.5])
FROZEN.flags.writeable = False
READ = {
    "list": [1, 2.5],
    "tuple": (1.0, 2.5),
    "float16": np.array([1, 2.5], np.float16),
    "float32": np.array([1, 2.5], np.float32),
    "longdouble": np.array([1, 2.5], np.longdouble),
    "big-endian": np.array([1, 2.5], ">f8"),
    "read-only": FROZEN,
    "strided": np.array([1, 0, 2.5, 0])[::2],
    "nothing masked": np.ma.masked_equal([1, 2.5], -999),
    "objects": np.array([True, 2.5], object),
    "decimals": [decimal.Decimal(1), fractions.Fraction(5, 2)],
    "pandas series": pd.Series([1, 2.5]),
    "pandas nullable": pd.Series([1, 2.5], dtype="Float64"),
    "polars series": pl.Series([1.0, 2.5]),
    "jax": jnp.array([1, 2.5]),
    "bfloat16": jnp.array([1, 2.5], jnp.bfloat16),
    "torch": Tensor([1, 2.5]),
    "list of torch": [Tensor(1.0), Tensor(2.5)],
}
REFUSED = {
    "masked": (np.ma.masked_equal([1.0, -999.0], -999.0), "1 of its cells is masked, and a mask would be lost"),
    "masked row": ([np.ma.masked_equal([1.0, -999.0], -999.0), [1.0, 2.0]], "1 of its cells is masked"),
    "complex": ([1.0, 2j], "it is complex, and imaginary parts would be lost"),
    "complex zero": (np.array(1 + 0j), "it is complex"),
    "text": ("1", "it holds text, even where the text looks like a number"),
    "texts": (["1", "2"], "it holds text"),
    "bytes": (b"1", "it holds text"),
    "text in a frame": (pd.DataFrame({"a": [1.0], "b": ["x"]}), "it holds text"),
    "dates": (np.array(["2020-01-01"], "datetime64[D]"), "it holds dates or durations"),
    "missing": (pd.Series([1, None], dtype="object"), "it holds None, which is no number"),
    "missing integer": (
        pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [True, False]}),
        "it holds <NA>, which is no",
    ),
    "ragged": ([[1.0, 2.0], [3.0]], "it is no array"),
    "ragged torch": ([Tensor([1.0]), Tensor([1.0, 2.0])], "it is no array"),
    "none": (None, "a NoneType is no array"),
    "dict": ({"a": 1.0}, "a dict is no array"),
    "function": (np.tanh, "a ufunc is no array"),
    "sparse": (csr_array(np.eye(2)), r"it is sparse. Pass .toarray\(\)"),
    "structured": (np.array([(1, 2)], "i,i"), "which is no number"),
    "key": (jax.random.key(0), "it is no array"),
    "too large": ([10**400], "float64 cannot hold it"),
    "NaN": ([1.0, np.nan], "got x=nan: one such value would spoil the result"),
    "infinity": (np.array([np.inf]), "got x=inf"),
    "missing in polars": (pl.Series([1, None]), "got x=nan"),
}


@pytest.mark.parametrize("value", READ.values(), ids=READ)
def test_what_holds_numbers_is_read_as_float64(value):
    found = real_array("f", "x", value)
    assert type(found) is np.ndarray
    assert found.dtype == np.float64
    assert found.dtype.isnative
    assert_array_equal(found, [1.0, 2.5])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_a_frame_of_numbers_and_flags_is_read(frame):
    assert_array_equal(real_array("f", "x", frame({"a": [1.0, 2.5], "b": [True, False]})), [[1.0, 1.0], [2.5, 0.0]])


def test_float64_is_not_copied():
    x = np.arange(3.0)
    assert real_array("f", "x", x) is x


@pytest.mark.parametrize(("value", "why"), REFUSED.values(), ids=REFUSED)
def test_the_rest_is_refused_in_one_bounded_line(value, why):
    with pytest.raises(ValueError, match=why) as raised:
        real_array("f", "x", value)
    text = str(raised.value)
    assert text.startswith("f needs a finite x, got x=")
    assert "\n" not in text
    assert len(text) < 300


def test_traced_arrays_are_refused_in_our_words():
    with pytest.raises(ValueError, match=r"f needs a finite x, got x=.*it is no array"):
        jax.jit(lambda x: real_array("f", "x", x))(1.0)


def test_axes_are_counted():
    with pytest.raises(ValueError, match=r"f needs x with 0 or 1 axes, got x=array of shape \(2, 2\), float64 with 2"):
        real_array("f", "x", np.ones((2, 2)), ndim=(0, 1))
    with pytest.raises(ValueError, match=r"f needs x with 1 axis, got x=1.0 with 0"):
        real_array("f", "x", 1.0, ndim=1)


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        ("> 0", [5e-324, 1e308], [0.0, -1.0, np.inf, np.nan]),
        (">= 0", [0.0, 1e308], [-5e-324, np.inf, np.nan]),
        (">= 0 or infinite", [0.0, np.inf], [-1.0, np.nan]),
        ("> 0 or infinite", [1.0, np.inf], [0.0, np.nan]),
        ("0 < · < 1", [1e-300, 0.5], [0.0, 1.0, np.nan]),
        ("0 <= · < 1", [0.0, 0.5], [-0.1, 1.0, np.nan]),
        ("0 < · <= 1", [0.5, 1.0], [0.0, 1.1, np.nan]),
        ("0 <= · <= 1", [0.0, 1.0], [-0.1, 1.1, np.nan]),
        ("-1 <= · <= 1", [-1.0, 1.0], [-1.1, 1.1, np.nan]),
        ("0 <= · <= 0.5", [0.0, 0.5], [-0.1, 0.6, np.nan]),
        ("not NaN", [-np.inf, 0.0], [np.nan]),
    ],
)
def test_conditions(condition, good, bad):
    assert [real_number("f", "p", each, condition) for each in good] == good
    for each in bad:
        with pytest.raises(ValueError, match=r"^f needs .*p.*, got p="):
            real_number("f", "p", each, condition)


def test_one_number_is_one_number():
    for one in (2, 2.0, np.float32(2), np.array(2.0), jnp.array(2.0), Tensor(2.0), True + 1):
        assert real_number("f", "p", one) == 2.0
    for other in ([2.0], np.ones(1), "2", 2j, None, [1.0, 2.0]):
        with pytest.raises(ValueError, match=r"^f needs a finite p"):
            real_number("f", "p", other)


def test_whole_numbers():
    for three in (3, 3.0, np.uint8(3), np.array(3), np.float64(3)):
        found = whole_number("f", "k", three)
        assert type(found) is int
        assert found == 3
    for other in (2.5, True, "3", None, np.nan, np.inf, [3], np.array([3]), 3 + 0j, 0):
        with pytest.raises(ValueError, match=r"^f needs a whole k >= 1, got k="):
            whole_number("f", "k", other)
    with pytest.raises(ValueError, match=r"^f needs a whole number 1 <= k <= 5, got k=6"):
        whole_number("f", "k", 6, 1, 5)
    assert whole_numbers("f", "orders", np.array([1, 2])) == (1, 2)
    with pytest.raises(ValueError, match=r"^f needs whole orders >= 1, got orders=\[\]"):
        whole_numbers("f", "orders", [])


def test_words_switches_and_seeds():
    assert choice("f", "stop", "all", ("first", "all")) == "all"
    for bad in ("none", ["all"], None, {}):
        with pytest.raises(ValueError, match=r"^f needs stop in first, all, got stop="):
            choice("f", "stop", bad, ("first", "all"))
    assert flag("f", "error", np.bool_(True)) is True
    with pytest.raises(ValueError, match=r"^f needs error to be True or False, got error='yes'"):
        flag("f", "error", "yes")
    assert generator("f", 5).random() == generator("f", np.int64(5)).random() == np.random.default_rng(5).random()
    assert generator("f", [1, 2]).random() == np.random.default_rng([1, 2]).random()
    kept = np.random.default_rng(0)
    assert generator("f", kept) is kept
    for bad in ("a", -1, 0.5, ["1"], True, [[1, 2], [3]]):
        with pytest.raises(ValueError, match=r"^f needs rng to be a seed >= 0 or a numpy Generator, got rng="):
            generator("f", bad)


def test_moduli_take_complex_places():
    assert_array_equal(moduli("f", "z", [3 + 4j, -1.0]), [5.0, 1.0])
    assert moduli("f", "z", -2.0) == 2.0
    with pytest.raises(ValueError, match=r"^f needs z"):
        moduli("f", "z", "a")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((3, 4)), "array of shape (3, 4), float64"),
        (np.array([1.0, -1.0]), "[1.0, -1.0]"),
        (list(range(1000)), "list of 1000"),
        (pd.DataFrame({"a": [1]}), "DataFrame of shape (1, 1)"),
        ((np.ones(2), np.ones(2)), "tuple of 2 arrays"),
        ("x" * 500, "'" + "x" * 78 + "…"),
        (np.tanh, "tanh, a ufunc"),
        (0.5, "0.5"),
    ],
)
def test_values_are_shown_in_one_bounded_line(value, text):
    assert shown(value) == text


def test_a_broken_repr_is_survived():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    assert shown(Broken()) == "a Broken"
