"""Each format against the library that writes it, and sizes that lie: nothing is allocated before it was checked."""

import gzip
import io
import resource
import struct
import zipfile
import zlib

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from numpy.testing import assert_array_equal

from deeplinear.data import load_file
from deeplinear.data.arrays import holds_arrays, read_arrays
from deeplinear.data.arrays.idx import idx
from deeplinear.data.roles import Roles

X = np.random.default_rng(0).normal(size=(12, 3))
Y = np.random.default_rng(1).normal(size=12)
LABELS = np.arange(12) % 3
N = Roles(kind="numbers")


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(shape, descr="<f8"):
    """Begin of an npy file that announces what need not be there."""
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def zeros(path, shape, descr="|u1", method=zipfile.ZIP_DEFLATED):
    """An archive of zeros, written in pieces."""
    with zipfile.ZipFile(path, "w", method) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as file:
            file.write(header(shape, descr))
            for _ in range(shape[0]):
                file.write(bytes(shape[1]))
        archive.writestr("y.npy", npy(np.arange(shape[0]) * 1.5))
    return path


@pytest.fixture
def peak():
    """Whether memory stayed within some MiB of what was resident."""

    def grown(call, limit):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        call()
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < limit

    return grown


def test_a_bomb_is_refused_with_an_estimate_before_it_is_unpacked(tmp_path, peak):
    path = zeros(tmp_path / "data.npz", (10, 7 * 10**6))
    assert path.stat().st_size < 80_000

    def refused():
        text = r"at most 100 times their size, got x of shape 10 × 7000000 in data.npz, 0.065\d* MiB that unpack to 66.8 MiB and need 534 MiB of memory"
        with pytest.raises(ValueError, match="^load_file needs compressed data that unpack to " + text):
            load_file(path)

    assert peak(refused, 40)


def test_compressed_zeros_within_the_bound_are_read(tmp_path):
    x = read_arrays(zeros(tmp_path / "data.npz", (30, 10**5)), N)[0]
    assert x.shape == (30, 10**5)
    assert not x.any()


def test_more_than_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("deeplinear.memory.available_memory", lambda: 5e7)
    np.savez(tmp_path / "data.npz", x=np.zeros((1000, 6000), np.float32), y=np.zeros(1000))
    text = r"needs 68.7 MiB of memory for x of shape 1000 × 6000 in data.npz, got 47.7 MiB available: .* Keep fewer examples"
    with pytest.raises(ValueError, match=text):
        load_file(tmp_path / "data.npz")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (header((10**12, 4)) + bytes(96), r"announces 32000000000000 bytes, and 96 are there"),
        (header((3, 5)) + bytes(96), "announces 120 bytes, and 96 are there"),
        (header((3, 3)) + bytes(96), "announces 72 bytes, and 96 are there"),
        (header((10**6, 0)) + b"", r"x \(1000000 × 0, float64\) in data.npz: it is empty"),
        (header((-3, 4)), r"announces the shape \(-3, 4\)"),
        (header((True, 4)), r"announces the shape \(True, 4\)"),
        (header((3, 4), "<f99"), "announces entries of type '<f99'"),
        (header((3, 4), "|V999999999999"), "announces entries of type"),
        (header((3, 4), [("a", "f8", (10**9,))]), "announces entries of type"),
        (header((3, 4), [5]), "announces entries of type"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, "its header cannot be read"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b"{", "announces 4294967295 bytes of itself"),
        (b"\x93NUMPY\x09\x00", "does not begin as an array of NumPy does"),
        (npy(X)[:-1], "announces 288 bytes, and 287 are there"),
    ],
)
def test_headers_that_lie_are_refused_in_both_formats_of_numpy(tmp_path, content, text):
    (tmp_path / "x.npy").write_bytes(content)
    np.save(tmp_path / "y.npy", Y)
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", npy(Y))
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        load_file(tmp_path / "data.npz")
    with pytest.raises(ValueError, match="^load_file needs .*" + text.replace("in data.npz", "in x.npy")):
        load_file(tmp_path / "x.npy", y=str(tmp_path / "y.npy"))


def test_headers_of_other_writers_are_read(tmp_path):
    text = b"{'shape': (12L, 3L), 'fortran_order': True, 'descr': '<f8'}   \n"  # Python 2 on Windows
    content = b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text + X.T.tobytes()
    (tmp_path / "x.npy").write_bytes(content)
    np.save(tmp_path / "y.npy", Y)
    assert_array_equal(load_file(tmp_path / "x.npy", y="y.npy")[0], X)


@pytest.mark.parametrize(
    ("method", "text"),
    [
        (zipfile.ZIP_BZIP2, "compressed in a way that NumPy does not write"),
        (zipfile.ZIP_LZMA, "compressed in a way that NumPy does not"),
    ],
)
def test_other_compression_is_refused(tmp_path, method, text):
    with pytest.raises(ValueError, match=text):
        load_file(zeros(tmp_path / "data.npz", (30, 100), method=method))


def test_a_changed_byte_of_data_is_seen(tmp_path):
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "data.npz", x=np.random.default_rng(0).normal(size=(100, 30)), y=np.arange(100.0))
        content = bytearray((tmp_path / "data.npz").read_bytes())
        for at in range(1000, len(content) - 2000, 1999):
            changed = content.copy()
            changed[at] ^= 1
            (tmp_path / "data.npz").write_bytes(changed)
            with pytest.raises(ValueError, match=r"^load_file needs a whole npz file, got \w in data.npz"):
                load_file(tmp_path / "data.npz")


def test_a_name_that_is_there_twice(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        for name in ("x.npy", "y.npy"):
            archive.writestr(name, npy(Y))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("x.npy", npy(Y + 1))
    with pytest.raises(ValueError, match=r"arrays of different names, got 'x.npy' more than once in data.npz"):
        load_file(tmp_path / "data.npz")


def test_an_encrypted_archive_is_refused(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=Y)
    content = bytearray((tmp_path / "data.npz").read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # flags in the local and in the central directory
        begin = content.find(mark)
        while begin >= 0:
            content[begin + at] |= 1
            begin = content.find(mark, begin + 4)
    (tmp_path / "data.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"^load_file needs a whole npz file, got x in data.npz: .*encrypted"):
        load_file(tmp_path / "data.npz")


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"[Content_Types].xml": b"", "xl/workbook.xml": b""}, "it is an Excel workbook. Save the sheet as csv"),
        ({"mimetype": b"", "content.xml": b""}, "it is an OpenDocument file"),
        ({"model/data.pkl": b"", "model/version": b""}, "it is a PyTorch file. Load it with torch.load"),
        ({"readme.txt": b"hello"}, "got data.npz with 'readme.txt': none of it is an array"),
        ({}, "got data.npz with nothing"),
        ({"x.npy": b"no array", "y.npy": b"no array"}, "x in data.npz: something else or a truncated file"),
    ],
)
def test_archives_of_something_else(tmp_path, members, text):
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match="^load_file needs .*" + text.replace("[", r"\[")):
        load_file(tmp_path / "data.npz")


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("data.npz", b"", "got an empty file in data.npz"),
        ("data.npz", b"x,y\n1,2\n", "got something else or a truncated file in data.npz"),
        ("data.npz", b"<!DOCTYPE html><html>", "got an HTML page in data.npz: .* Download the file itself"),
        ("data.npz", b"version https://git-lfs.github.com/spec/v1\n", "got a Git LFS pointer, .* git lfs pull"),
        ("data.npy", b"\x80\x04\x95abc", "got a Python pickle in data.npy"),
        ("data.mat", b"\x89HDF\r\n\x1a\n" + bytes(200), r"a MATLAB 7.3 file, which is HDF5 inside.*'-v7'"),
        ("data.mat", b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM", "a MATLAB 7.3 file"),
        ("data.mat", bytes(200), "a MATLAB 4 file, or a damaged one"),
        ("data.npz", b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        ("t10k-images-idx3-ubyte", b"\0\0\x07\x03", "a whole IDX file, got t10k-images-idx3-ubyte which is truncated"),
        ("data.h5", b"\x89HDF\r\n\x1a\n", "got an HDF5 file in data.h5: .* Read it with h5py"),
        ("data.pkl", b"\x80\x04\x95abc", "a table or a file of arrays, got a Python pickle in data.pkl"),
        ("mnist.pkl.gz", gzip.compress(b"\x80\x02\x95abc", mtime=0), "got a Python pickle in mnist.pkl.gz"),
        ("x.npy.gz", gzip.compress(npy(np.eye(3)), mtime=0), "got x.npy.gz, arrays in gzip: .* Unpack it with gunzip"),
        ("data.npz.gz", gzip.compress(b"PK\x03\x04", mtime=0), "got data.npz.gz, arrays in gzip"),
        ("data.npz", b"\x1f\x8b\x08broken", "got a damaged gzip file in data.npz: .* Fetch it again"),
    ],
)
def test_what_else_a_file_is(tmp_path, name, content, text):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        load_file(tmp_path / name)


def test_files_that_are_not_there(tmp_path):
    for name, text in (("none.npz", "there is none"), ("", "it is a folder")):
        with pytest.raises(ValueError, match=rf"^load_file needs a file, got '.*{name}': {text}"):
            read_arrays(tmp_path / name, Roles())


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
def test_sparse_archives_are_as_scipy_reads_them(tmp_path, kind):
    matrix = scipy.sparse.random(12, 5, 0.4, format=kind, rng=3)
    scipy.sparse.save_npz(tmp_path / "x.npz", matrix)
    np.savez(tmp_path / "y.npz", Y)
    x, y, _ = read_arrays(tmp_path / "x.npz", Roles(y="y.npz"))
    assert_array_equal(x, scipy.sparse.load_npz(tmp_path / "x.npz").toarray())
    assert_array_equal(y[:, 0], Y)


def test_entries_of_a_sparse_matrix_at_one_place_add_up(tmp_path):
    parts = {
        "format": b"coo",
        "shape": np.array([3, 2]),
        "data": np.array([1.0, 2.0, 4.0]),
        "row": np.array([0, 0, 2]),
        "col": np.array([1, 1, 0]),
    }
    np.savez(tmp_path / "data.npz", y=Y[:3], **parts)
    assert_array_equal(read_arrays(tmp_path / "data.npz", N)[0], [[0, 3], [0, 0], [4, 0]])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            {"shape": np.array([10**6, 10**6])},
            "at most 512 MiB when made dense, got the sparse matrix of shape 1000000 × 1000000 .* 7.45e[+]03 GiB",
        ),
        ({"shape": np.array([12, 2])}, "an entry lies outside its shape"),
        ({"shape": np.array([13, 5])}, "it has not as many rows as its shape says"),
        ({"shape": np.array([-1, 5])}, "of rows and columns, got one of shape"),
        ({"indices": np.array([0.5])}, "its parts do not fit together .indices are no whole numbers"),
        ({"format": b"bsr"}, "in csr, csc or coo format, got 'bsr'"),
    ],
)
def test_sparse_parts_that_do_not_fit(tmp_path, wrong, text):
    scipy.sparse.save_npz(tmp_path / "x.npz", scipy.sparse.random(12, 5, 0.5, format="csr", rng=3))
    with np.load(tmp_path / "x.npz") as saved:
        parts = {name: saved[name] for name in saved.files} | wrong
    np.savez(tmp_path / "data.npz", y=Y, **parts)
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        read_arrays(tmp_path / "data.npz", Roles())


@pytest.mark.parametrize(("row", "col"), [(-1, 0), (0, -1), (3, 0), (0, 2)])
def test_entries_of_a_sparse_matrix_outside_its_shape(tmp_path, row, col):
    parts = {
        "format": b"coo",
        "shape": np.array([3, 2]),
        "data": np.ones(2),
        "row": np.array([0, row]),
        "col": np.array([1, col]),
    }
    np.savez(tmp_path / "data.npz", y=Y[:3], **parts)
    with pytest.raises(ValueError, match=r"its parts do not fit together .an entry lies outside its shape"):
        read_arrays(tmp_path / "data.npz", N)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["f8", "f4", "u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "?", "c16"])
def test_matlab_files_are_as_scipy_reads_them(tmp_path, kind, compressed):
    x = np.abs(X * 50).astype(kind)
    scipy.io.savemat(tmp_path / "data.mat", {"X": x, "y": Y, "info": {"a": 1}}, do_compression=compressed)
    found = read_arrays(tmp_path / "data.mat", N)
    assert_array_equal(found[0], scipy.io.loadmat(tmp_path / "data.mat")["X"].real)
    assert_array_equal(found[1][:, 0], Y)
    assert "info (a structure) not read" in str(found[2])


def test_matlab_text_cells_sparse_and_more_axes(tmp_path):
    words = np.array(["ant", "bee", "caterpillar"])[LABELS]
    for labels in (words, words.astype(object), words.astype(object)[:, None]):
        scipy.io.savemat(
            tmp_path / "data.mat", {"X": scipy.sparse.csc_matrix(np.round(X)), "y": labels}, oned_as="column"
        )
        x, y, columns = read_arrays(tmp_path / "data.mat", Roles())
        assert_array_equal(x, np.round(X))
        assert_array_equal(y, np.eye(3)[LABELS])
        assert columns.classes == ("ant", "bee", "caterpillar")
    scipy.io.savemat(tmp_path / "data.mat", {"X": np.moveaxis(X.reshape(12, 3, 1), 0, -1), "y": LABELS[:, None]})
    assert_array_equal(read_arrays(tmp_path / "data.mat", Roles())[0], X)  # examples last, as in SVHN
    scipy.io.savemat(tmp_path / "data.mat", {"X": {"a": X}, "y": Y})
    with pytest.raises(
        ValueError, match=r"got a structure in X of data.mat: .* Save its fields as variables of their own"
    ):
        read_arrays(tmp_path / "data.mat", Roles())


def test_complex_matlab_arrays_are_refused(tmp_path):
    scipy.io.savemat(tmp_path / "data.mat", {"X": X + 1j * Y[:, None], "y": Y})
    with pytest.raises(ValueError, match=r"real numbers, got complex ones \(type complex128\) in X of data.mat"):
        load_file(tmp_path / "data.mat")


def matrix_element(shape, data, kind=6):
    """An array of doubles in a MATLAB file, with any shape announced."""
    parts = [(6, struct.pack("<II", kind, 0)), (5, np.array(shape, "<i4").tobytes()), (1, b"X"), (9, data)]
    body = b"".join(struct.pack("<II", part, len(each)) + each + bytes(-len(each) % 8) for part, each in parts)
    return struct.pack("<II", 14, len(body)) + body


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (
            matrix_element((10**5, 10**4), bytes(16)),
            r"its shape announces 1000000000 values, and 2 are there|of memory for X of shape",
        ),
        (matrix_element((4, 1), bytes(24)), "its shape announces 4 values, and 3 are there"),
        (matrix_element((-4, 1), bytes(24)), r"an array announces the shape \(-4, 1\)"),
        (matrix_element((4, 1), bytes(32))[:-8], "a part announces 88 bytes, and 80 are left"),
        (
            struct.pack("<II", 15, 40) + zlib.compress(struct.pack("<II", 14, 2**31 - 1) + bytes(64))[:40].ljust(40),
            "announces 2147483647 bytes, and 40 cannot",
        ),
        (struct.pack("<II", 15, 16) + bytes(16), "while decompressing"),
    ],
)
def test_matlab_files_whose_lengths_lie(tmp_path, element, text):
    begin = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    second = matrix_element((12, 1), Y.tobytes()).replace(b"X" + bytes(7), b"y" + bytes(7), 1)
    (tmp_path / "data.mat").write_bytes(begin + second + element)
    with pytest.raises(ValueError, match="^load_file needs .*" + text):
        read_arrays(tmp_path / "data.mat", Roles(x="X", y="y"))


def test_many_small_matlab_arrays_that_unpack_to_much(tmp_path, peak):
    packed = zlib.compress(struct.pack("<II", 14, 10**7) + bytes(10**7))
    begin = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    (tmp_path / "data.mat").write_bytes(begin + (struct.pack("<II", 15, len(packed)) + packed) * 60)

    def refused():
        text = r"at most 100 times their size, got all arrays of data.mat, 0.\d* MiB that unpack to 572 MiB and need 572 MiB"
        with pytest.raises(ValueError, match="^load_file needs compressed data that unpack to " + text):
            load_file(tmp_path / "data.mat")

    assert peak(refused, 40)


TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def idx_bytes(array, kind=0x08):
    return (
        bytes([0, 0, kind, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.astype(TYPES[kind]).tobytes()
    )


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("ends", [("", ""), (".gz", ".gz"), (".gz", ""), ("", ".gz")])
def test_idx_images_are_read_with_the_labels_beside_them(tmp_path, kind, ends):
    images = np.arange(24).reshape(12, 2, 1)
    for name, array, end in (
        ("t10k-images-idx3-ubyte", idx_bytes(images, kind), ends[0]),
        ("t10k-labels-idx1-ubyte", idx_bytes(LABELS), ends[1]),
    ):
        (tmp_path / (name + end)).write_bytes(gzip.compress(array) if end else array)
    assert holds_arrays(tmp_path / ("t10k-images-idx3-ubyte" + ends[0]))
    x, y, columns = read_arrays(tmp_path / ("t10k-images-idx3-ubyte" + ends[0]), Roles(kind="classes"))
    assert_array_equal(x, images.reshape(12, 2))
    assert_array_equal(y, np.eye(3)[LABELS])
    assert (columns.classes, columns.notes[0]) == (("0", "1", "2"), f"targets from t10k-labels-idx1-ubyte{ends[1]}")
    assert columns.features == ("images[:, 0, 0]", "images[:, 1, 0]")
    assert columns.target == "labels"


def test_idx_without_labels_says_how_to_name_them(tmp_path):
    (tmp_path / "pictures.idx").write_bytes(idx_bytes(np.arange(24).reshape(12, 2)))
    with pytest.raises(ValueError, match=r"got one array, pictures.idx \(12 × 2, uint8\).* --y FILE"):
        read_arrays(tmp_path / "pictures.idx", Roles())
    (tmp_path / "names.idx").write_bytes(idx_bytes(LABELS))
    assert_array_equal(read_arrays(tmp_path / "pictures.idx", Roles(kind="numbers", y="names.idx"))[1][:, 0], LABELS)


@pytest.mark.parametrize(
    ("sizes", "text"), [((2**32 - 1, 28, 28), "cannot hold them"), ((600, 1000, 1000), "unpack to at most 100 times")]
)
def test_an_idx_bomb_is_refused_before_it_is_unpacked(tmp_path, peak, sizes, text):
    content = bytes([0, 0, 8, 3]) + struct.pack(">3I", *sizes)
    (tmp_path / "a-idx3-ubyte.gz").write_bytes(
        gzip.compress(content + bytes(1000)) + bytes(600_000 * (sizes[0] == 600))
    )

    def refused():
        with pytest.raises(ValueError, match="^(idx|load_file) needs .*" + text):
            idx(tmp_path / "a-idx3-ubyte.gz")

    assert peak(refused, 100)


def test_marks_in_the_names_of_a_damaged_file_stay_on_one_line(tmp_path):
    np.savez(tmp_path / "data.npz", **{"a\nb": Y[:3], "c\rd": Y[:3]})
    with pytest.raises(ValueError, match=r"a\?b.*c\?d") as caught:
        read_arrays(tmp_path / "data.npz", N)
    assert len(str(caught.value).splitlines()) == 1
