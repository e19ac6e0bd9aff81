"""The picture of ``deeplinear predict``: it is signed, and no file of the user's is overwritten."""

import os
import struct
import zlib

import numpy as np
import pytest
from tests.cli.test_cli import run

from deeplinear.cli.picture import picture_for
from deeplinear.report.signature import PNG, is_signed


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "mine.npz"
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 2))
    np.savez(path, x=x, y=x @ rng.standard_normal((2, 1)))
    return path


def refused(capsys, file, out, words):
    before = out.read_bytes() if out.is_file() else None
    code, text, err = run(capsys, "predict", file, "--out", out)
    assert (code, text, err.count("\n")) == (2, "", 1)
    assert words in err
    assert "Name another file with --out." in err
    assert (out.read_bytes() if out.is_file() else None) == before


@pytest.mark.parametrize("kind", ["png", "svg", "pdf", "PNG"])
def test_a_picture_is_signed_the_same_each_time_and_drawn_again(capsys, file, tmp_path, kind):
    out = tmp_path / f"modes.{kind}"
    assert run(capsys, "predict", file, "--out", out)[0] == 0
    first = out.read_bytes()
    assert is_signed(out)
    assert run(capsys, "predict", file, "--out", out)[0] == 0
    assert out.read_bytes() == first


def other_pictures():
    """Pictures of other programs, a foreign text chunk that quotes our name, and files that are no pictures."""
    from io import BytesIO

    from matplotlib.figure import Figure

    for kind in ("png", "svg", "pdf"):
        content = BytesIO()
        Figure().savefig(content, format=kind)
        yield kind, content.getvalue()

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    yield "png", PNG + chunk(b"IHDR", bytes(13)) + chunk(b"tEXt", b"Title\0Software\0deeplinear") + chunk(b"IEND", b"")
    yield "png", b"a,b\n1,2\nSoftware\0deeplinear"
    yield "png", PNG
    yield "svg", b"deeplinear"


@pytest.mark.parametrize(("kind", "content"), list(other_pictures()))
def test_a_file_that_deeplinear_did_not_make_is_never_overwritten(capsys, file, tmp_path, kind, content):
    out = tmp_path / f"mine.{kind}"
    out.write_bytes(content)
    refused(capsys, file, out, "a file of that name is there, and deeplinear did not make it")


def test_the_usual_name_is_no_excuse(capsys, tmp_path, file):
    data = tmp_path / "mine.npz"
    data.write_bytes(file.read_bytes())
    (tmp_path / "mine-modes.png").write_bytes(b"holiday")
    code, text, err = run(capsys, "predict", data)
    assert (code, text) == (2, "")
    assert f"got '{tmp_path / 'mine-modes.png'}': a file of that name is there" in err
    assert (tmp_path / "mine-modes.png").read_bytes() == b"holiday"


def test_an_empty_file_is_filled(capsys, file, tmp_path):
    out = tmp_path / "empty.png"
    out.touch()
    assert run(capsys, "predict", file, "--out", out)[0] == 0
    assert is_signed(out)


def test_what_is_no_ordinary_file_is_not_opened(file, tmp_path):
    out = tmp_path / "pipe.png"
    os.mkfifo(out)
    with pytest.raises(ValueError, match="it is no ordinary file"):
        picture_for(file, out)


def test_read_only_is_said_of_the_file_or_of_the_folder(capsys, file, monkeypatch, tmp_path):
    """A test may run as root, who may write everywhere, so the operating system is asked in its place."""
    there, new = tmp_path / "there.png", tmp_path / "new.png"
    assert run(capsys, "predict", file, "--out", there)[0] == 0
    allowed = os.access
    monkeypatch.setattr("os.access", lambda path, mode: path != there and allowed(path, mode))
    refused(capsys, file, there, "the file is read-only")
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path and allowed(path, mode))
    refused(capsys, file, new, f"the folder '{tmp_path}' is read-only")
    assert run(capsys, "predict", file, "--out", there)[0] == 0  # a file that may be written needs no folder that may
    monkeypatch.setattr("os.access", lambda path, mode: path != file.parent and allowed(path, mode))
    code, _, err = run(capsys, "predict", file)
    assert code == 2
    assert f"the folder '{file.parent}' is read-only" in err
