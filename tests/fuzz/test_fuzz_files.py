"""The file fuzzer for a few seconds, and whether it sees what it has to see."""

import numpy as np
import pytest
from tests.fuzz import files
from tests.fuzz.case import Case, equals
from tests.fuzz.cases import GENERATORS

KINDS = list(GENERATORS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_is_read_right_or_refused(kind, tmp_path):
    """35 cases of each of nine kinds."""
    counts = files.run(20261201, 0, 35, [kind], tmp_path)[kind]
    assert set(counts) <= {"read", "refused"}, counts
    assert counts["refused"] > 0
    assert kind in ("gz", "bytes") or counts["read"] > 0


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "data.npz", **arrays)
    return (tmp_path / "data.npz").read_bytes()


def reads(found):
    """A stand-in for `load_file` that gives or raises this."""

    def load(*_, **__):
        if isinstance(found, BaseException):
            raise found
        return found() if callable(found) else found

    return load


def warn():
    import warnings

    warnings.warn("odd", stacklevel=1)
    return X, Y


X, Y = np.arange(6.0).reshape(3, 2), np.arange(3.0)[:, None] * 1.5


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ((X, Y), "read"),
        (ValueError("load_file needs more, got less: no. Do it."), "refused what is right"),
        (ValueError("from_file needs more, got less: no. Do it."), "refused"),
        (ValueError("could not broadcast"), "foreign ValueError"),
        (TypeError("load_file needs nothing"), "foreign TypeError"),
        (MemoryError(), "foreign MemoryError"),
        (ValueError("load_file needs two\nlines"), "message of several lines"),
        (ValueError("load_file needs \ud800"), "message cannot be printed"),
        (ValueError("load_file needs " + "x" * 3000), "message too long"),
        ((X + 1, Y), "wrong"),
        ((X, Y[:2]), "wrong"),
        ((X.astype(np.float32), Y), "wrong"),
        ((np.where(X > 1, np.nan, X), Y), "silent NaN or infinity"),
        ((X, np.where(Y > 1, np.inf, Y)), "silent NaN or infinity"),
        (warn, "warning UserWarning"),
        (files.TooLongError(), "hang"),
    ],
)
def test_faults_are_seen(found, verdict, tmp_path, monkeypatch):
    monkeypatch.setattr("deeplinear.data.load_file", reads(found))
    case = Case({"data.npz": saved(tmp_path, x=X, y=Y)}, check=equals(X, Y), right=True)
    assert files.attempt(case, tmp_path).verdict == verdict


def test_memory_is_watched(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MEMORY", 20)
    monkeypatch.setattr("deeplinear.data.load_file", reads(lambda: (X, Y * np.ones(10**7)[-1])))
    case = Case({"data.npz": saved(tmp_path, x=X, y=Y)})
    assert files.attempt(case, tmp_path).verdict == ("memory" if files.resident("VmHWM") else "read")


def test_a_case_is_repeated_by_its_number():
    for number in range(20):
        one, two = (files.make(7, number, KINDS) for _ in range(2))
        assert (one.files, repr(one.options)) == (two.files, repr(two.options))
        assert one.files != files.make(8, number, KINDS).files or KINDS[number % len(KINDS)] == "parquet"
