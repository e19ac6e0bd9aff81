"""Options that do not fit together, or not the file, are refused with the names of both."""

from pathlib import Path

import numpy as np
import pytest
from tests.cli.test_cli import run

FIELD = Path(__file__).parents[1] / "data" / "field"
RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import pandas

    path = tmp_path_factory.mktemp("data")
    y = X @ [1.0, 2.0, 3.0]
    np.savez(path / "a.npz", x=X, y=y)
    np.save(path / "y.npy", y)
    records = np.array([(*row, t) for row, t in zip(X, y, strict=True)], dtype=[(name, "f8") for name in "abct"])
    np.save(path / "records.npy", records)
    frame = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1], "t": y})
    frame.to_csv(path / "a.csv", index=False)
    import duckdb

    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT * FROM '{path / 'a.csv'}') TO '{path / 'a.parquet'}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a.csv", "--classes", "--numbers"), "predict needs one of --classes and --numbers, got both"),
        (("a.csv", "--no-header", "--header"), "predict needs one of --header and --no-header, got both"),
        (("a.csv", "--depth", 2, "--depth=3"), "predict needs --depth once, got it twice"),
        (("a.csv", "--target", "t", "--rate", 1, "--rate", 1), "predict needs --rate once, got it twice"),
        (("a.csv", "--simulate", "--simulate"), "predict needs --simulate once, got it twice"),
        (("a.csv", "--depth", 1, "--width", 4), "predict needs no --width with --depth 1, got --width 4"),
        (("a.csv", "--drop", "t", "--target", "t"), "got 't' in both"),
        (("a.csv", "--x", "a"), "no x for a.csv, got x='a': it is for arrays"),
        (("a.csv", "--y", "t"), "no y for a.csv, got y='t': it is for arrays"),
        (("a.parquet", "--no-header"), "no header for a.parquet, got header=False: it is for text files"),
        (("a.parquet", "--encoding", "utf-8"), "no encoding for a.parquet"),
        (("a.parquet", "--decimal", "."), "no decimal for a.parquet"),
        (("a.npz", "--separator", ";"), "no separator for arrays, got separator=';' for a.npz"),
        (("a.npz", "--thousands", ","), "no thousands for arrays"),
        (("a.npz", "--target", "y"), "no target for arrays, got target='y' for a.npz"),
        (("a.npz", "--keep", "y"), "no keep for arrays, got keep='y' for a.npz"),
        (("a.npz", "--target", "y", "--y", "y.npy"), "no target beside targets in a file of their own, got target='y' and y='y.npy'"),
        (("records.npy", "--target", "c", "--y", "y.npy"), "no target beside targets in a file of their own"),
        (("records.npy", "--x", "a"), "no x for an array of records, got x='a' for records.npy"),
        (("records.npy", "--y", "t"), "no y for an array of records, got y='t' for records.npy"),
        (("reproduce", "fig2", "--scale", "quick", "--scale", "paper"), "reproduce needs --scale once, got it twice"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(capsys, folder, arguments, words):
    file, *options = arguments
    command = [file] if file == "reproduce" else ["predict", folder / file]
    code, out, err = run(capsys, *command, *options)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert words in err


def test_options_that_fit_stay(capsys, folder):
    assert run(capsys, "predict", folder / "a.csv", "--drop", "a", "--drop", "a", "--target=t", "--depth", 1)[0] == 0
    assert run(capsys, "predict", folder / "records.npy", "--y", folder / "y.npy")[0] == 0
    assert run(capsys, "predict", folder / "records.npy", "--x", "records", "--target", "c")[0] == 0
    assert run(capsys, "predict", folder / "a.csv", "--depth", 3, "--width", 4)[0] == 0


def test_a_header_that_is_asked_for_comes_before_the_guess_of_scikit_learns_files(capsys):
    assert "the first line counts rows" in run(capsys, "predict", FIELD / "sk_iris.csv")[1]
    code, out, _ = run(capsys, "predict", FIELD / "sk_iris.csv", "--header")
    assert code == 0
    assert "features 150, 4, setosa, versicolor; target virginica" in out
