"""MNIST: the numbers of the real files where they are at hand, and every way that getting them can go wrong."""

import gzip
import hashlib
import http.server
import os
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear.data import fetch, load_mnist, mnist
from deeplinear.data.mnist import idx

TRAIN = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
real = pytest.mark.skipif(not os.environ.get("DEEPLINEAR_DATA"), reason="DEEPLINEAR_DATA names no folder with MNIST")


def packed(array):
    """A gzipped IDX file of bytes."""
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes(), mtime=0)


@pytest.fixture
def tiny(monkeypatch):
    """A training set of twelve 2 × 3 images, whose checksums count as the published ones."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (12, 2, 3), dtype=np.uint8)
    labels = rng.integers(0, 10, 12, dtype=np.uint8)
    contents = dict(zip(TRAIN, (packed(images), packed(labels)), strict=True))
    for name, content in contents.items():
        monkeypatch.setitem(fetch.CHECKSUMS, name, hashlib.sha256(content).hexdigest())
    monkeypatch.delenv("DEEPLINEAR_DATA", raising=False)
    return images, labels, contents


class Served(http.server.BaseHTTPRequestHandler):
    """Sends what ``server.contents`` holds; fewer bytes than announced where ``server.cut`` is set."""

    def do_GET(self):
        name = self.path.strip("/")
        self.server.asked.append(name)
        content = self.server.contents.get(name)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: self.server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror on this machine, the only one, and an empty cache."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served)
    server.contents, server.asked, server.cut = {}, [], None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.address = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(fetch, "MIRRORS", (server.address,))
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_downloads_once_and_keeps_the_files(tiny, mirror):
    images, labels, mirror.contents = tiny
    for _ in range(2):
        x, y = load_mnist("train")
        assert_allclose(x, images.reshape(12, 6) / 255, rtol=1e-15)
        assert x.dtype == np.float64
        assert_array_equal(np.argmax(y, axis=1), labels)
        assert_array_equal(y.sum(axis=1), 1.0)
    assert mirror.asked == list(TRAIN)


def test_the_next_mirror_is_tried(tiny, mirror, monkeypatch):
    mirror.contents = tiny[2]
    monkeypatch.setattr(fetch, "MIRRORS", (mirror.address + "gone/", mirror.address))
    assert len(load_mnist("train")[0]) == 12


def test_a_damaged_cache_is_fetched_again(tiny, mirror, tmp_path):
    mirror.contents = tiny[2]
    (tmp_path / "cache" / "deeplinear").mkdir(parents=True)
    (tmp_path / "cache" / "deeplinear" / TRAIN[0]).write_bytes(b"damaged")
    assert len(load_mnist("train")[0]) == 12


def test_a_wrong_checksum_is_refused_and_not_kept(tiny, mirror, tmp_path):
    mirror.contents = {TRAIN[0]: packed(np.zeros((12, 2, 3), dtype=np.uint8))}
    with pytest.raises(
        ValueError, match=r"^mnist needs train-images.* as published .* sent another file .* Point DEEP"
    ):
        load_mnist("train")
    assert not any(p.is_file() for p in tmp_path.rglob("*"))


def test_a_download_that_breaks_off_is_refused_and_not_kept(tiny, mirror, tmp_path):
    mirror.contents, mirror.cut = tiny[2], 20
    with pytest.raises(ConnectionError, match=r"^mnist needs train-images.* failed with .*Point DEEPLINEAR_DATA at"):
        load_mnist("train")
    assert not any(p.is_file() for p in tmp_path.rglob("*"))


def test_a_truncated_file_served_whole_is_refused(tiny, mirror):
    mirror.contents = {name: content[:-5] for name, content in tiny[2].items()}
    with pytest.raises(ValueError, match=r"sent another file \(truncated"):
        load_mnist("train")


def test_no_network_says_what_to_do(tiny, mirror, monkeypatch):
    monkeypatch.setattr(fetch, "MIRRORS", ("http://127.0.0.1:9/", mirror.address))  # nobody listens; not found
    with pytest.raises(ConnectionError, match=r"failed with ConnectionError; .* failed with HTTPError\. Point DEEP"):
        load_mnist("train")


@pytest.mark.parametrize("below", ["", "mnist"])
def test_a_folder_is_used_without_a_network(tiny, tmp_path, monkeypatch, below):
    images, labels, contents = tiny
    (tmp_path / below).mkdir(exist_ok=True)
    for name, content in contents.items():
        (tmp_path / below / name).write_bytes(content)
    monkeypatch.setenv("DEEPLINEAR_DATA", str(tmp_path))
    monkeypatch.setattr(fetch, "MIRRORS", ())
    x, y = load_mnist("train", 5)
    assert_allclose(x, images[:5].reshape(5, 6) / 255, rtol=1e-7)
    assert_array_equal(np.argmax(y, axis=1), labels[:5])
    task = mnist(examples=10, inputs="raw")
    assert (task.n_in, task.n_out, task.output_power) == (6, 10, 10.0)
    assert_allclose(
        task.input_correlation,
        images[:10].reshape(10, 6).T.astype(float) @ images[:10].reshape(10, 6) / 255**2,
        rtol=1e-6,
    )


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b"", lambda b: b + b"\0", lambda b: b"<html>"])
def test_a_damaged_file_in_the_folder_is_refused(tiny, tmp_path, monkeypatch, damage):
    content = damage(tiny[2][TRAIN[0]])
    (tmp_path / TRAIN[0]).write_bytes(content)
    monkeypatch.setenv("DEEPLINEAR_DATA", str(tmp_path))
    text = rf"^mnist needs train-images.* \(SHA-256 .*got .*with {len(content)} bytes in .*truncated, or another file"
    with pytest.raises(ValueError, match=text):
        load_mnist("train")


@pytest.mark.parametrize("examples", [0, -1, 13, 2.5, "3"])
def test_refuses_numbers_of_examples(tiny, mirror, examples):
    mirror.contents = tiny[2]
    with pytest.raises(ValueError, match=r"^load_mnist needs a whole number 1 <= examples <= 12, got examples="):
        load_mnist("train", examples)


def test_refuses_other_splits():
    with pytest.raises(ValueError, match=r"^load_mnist needs split in train, test, got split='valid'"):
        load_mnist("valid")


HEADER = b"\0\0\x08\x02\0\0\0\x02\0\0\0\x03"  # two rows of three bytes


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "got file.gz which is truncated or something else .0 bytes without the header"),
        (b"<html>", "6 bytes without the header"),
        (gzip.compress(HEADER + bytes(6), mtime=0)[:-9], "ended before the end-of-stream marker"),
        (gzip.compress(HEADER + bytes(5), mtime=0), "announces 6 bytes of data and holds 5"),
        (gzip.compress(HEADER + bytes(7), mtime=0), "announces 6 bytes of data and holds more"),
        (gzip.compress(HEADER[:7], mtime=0), "without the header of one"),
        (gzip.compress(b"\0\0\x0d\x02" + HEADER[4:] + bytes(6), mtime=0), "announces 24 bytes of data and holds 6"),
        (gzip.compress(b"\0\0\x08\0", mtime=0), "without the header of one"),
    ],
)
def test_idx_refuses(tmp_path, raw, text):
    (tmp_path / "file.gz").write_bytes(raw)
    with pytest.raises(ValueError, match=r"^idx needs .*" + text):
        idx(tmp_path / "file.gz")


@settings(deadline=None, max_examples=40)
@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=4), seed=st.integers(0, 2**31))
def test_idx_gives_back_any_array(tmp_path_factory, shape, seed):
    path = tmp_path_factory.mktemp("idx") / "array.gz"
    array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    path.write_bytes(packed(array))
    assert_array_equal(idx(path), array)


@settings(deadline=None, max_examples=150)
@given(
    content=st.binary(max_size=40),
    start=st.sampled_from([b"", b"\0\0\x08\x01", b"\0\0\x08\x03\0\0\0\x02", b"\0\0\x0d\x01"]),
)
def test_idx_refuses_anything_else_in_one_line(tmp_path_factory, content, start):
    path = tmp_path_factory.mktemp("idx") / "file.gz"
    for raw in (start + content, gzip.compress(start + content), gzip.compress(start + content)[:-9]):
        path.write_bytes(raw)
        try:
            found = idx(path)
        except ValueError as error:
            assert str(error).startswith("idx needs ")  # noqa: PT017
            assert "Fetch it again" in str(error)  # noqa: PT017
        else:
            assert found.tobytes() == (start + content)[4 + 4 * found.ndim :]


@pytest.fixture(scope="module")
def raw():
    return mnist(inputs="raw")


@pytest.fixture(scope="module")
def white():
    return mnist()


@real
def test_real_files_are_the_published_ones():
    x, y = load_mnist("test")
    assert x.shape == (10_000, 784)
    assert_array_equal(y.sum(axis=0), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    x, y = load_mnist("train", 10)
    assert_array_equal(np.argmax(y, axis=1), [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    assert (x.min(), x.max()) == (0.0, 1.0)


@real
def test_numbers_of_fig_4(raw, white):
    """First 50 000 training images, theory of Fig. 4; floors from an SVD of pixels divided by their spread."""
    assert raw.output_power / 2 == white.output_power / 2 == 25_000
    assert raw.examples == white.examples == 50_000
    assert white.n_in == raw.input_rank == 711  # of 717 pixels that vary, six are linear functions of others
    assert len(white.left_out) == 73
    assert_allclose(
        [raw.floor, raw.whitened().floor, white.floor], [9855.5224, 9855.5224, 12_084.4173], rtol=0, atol=5e-5
    )
    share = (25_000 - 1.3e4) / (25_000 - np.array([raw.whitened().floor, white.floor]))
    assert_allclose(share, [0.792, 0.929], atol=5e-4)


@real
def test_singular_values_of_fig_4(raw, white):
    s = [0.2873, 0.2820, 0.2709, 0.2499, 0.2474, 0.2268, 0.2083, 0.1843, 0.1692, 0]
    assert_allclose(white.modes.s / 50_000, s, rtol=0, atol=5e-5)
    assert white.rank == 9
    s = [1.8907, 0.5359, 0.5047, 0.4225, 0.3142, 0.2835, 0.2358, 0.1900, 0.1288, 0.1133]
    assert_allclose(raw.modes.s / 50_000, s, rtol=0, atol=5e-5)
    s = [0.3100, 0.2861, 0.2818, 0.2709, 0.2484, 0.2456, 0.2268, 0.2051, 0.1780, 0.1666]
    assert_allclose(raw.whitened().modes.s / 50_000, s, rtol=0, atol=5e-5)


@real
def test_diagonality_of_fig_5(raw):
    """Claim 16: the task's input modes are nearly principal components, and pixels are not."""
    assert_allclose(raw.diagonality, 0.032, atol=5e-4)
    off = raw.input_correlation - np.diag(np.diag(raw.input_correlation))
    assert_allclose(np.linalg.norm(off) / np.linalg.norm(raw.input_correlation), 0.991, atol=5e-4)
    centred = mnist(inputs="centred")
    assert_allclose(centred.diagonality, 0.126, atol=5e-4)
    for task, outside in ((raw, 0.04), (centred, 0.21)):  # the part that Σ¹¹ sends out of the span of V, two digits
        v = task.modes.v[:, : task.rank]
        image = task.input_correlation @ v
        assert_allclose(np.linalg.norm(image - v @ (v.T @ image)) / np.linalg.norm(image), outside, atol=0.006)
