"""Cases of the formats of NumPy and MATLAB: right ones, ones whose headers lie, and damaged ones."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import numpy as np
import scipy.io
import scipy.sparse
from tests.fuzz.case import Case, equals, maybe_task, mutate, numbers

PAIRS = [
    ("x", "y"),
    ("x", "y"),
    ("X", "y"),
    ("X", "Y"),
    ("data", "target"),
    ("images", "labels"),
    ("x_train", "y_train"),
    ("inputs", "targets"),
    ("arr_0", "arr_1"),
]
REAL = ["f8", "f8", "f4", "f2", "i8", "i4", "u1", "u8", "b1", ">f8", "g"]
OTHER = ["c16", "O", "U5", "S3", "M8[D]", "m8[s]", "V8", "struct", "F"]
SHAPES = [
    "(1000000000000,)", "(10**6,)", "(1000000, 1000000)", "(3, 2)", "(-1, 2)", "(3.0, 2)", "(3,)", "()", "(0, 5)", "(99999999999999999999,)",
    "(9223372036854775807, 2)", "(4294967296, 4294967296)", "'a'", "[3, 2]", "None", "(True, 2)", "(3, 2, " + "1," * 70 + ")", "(400000000,)",
    "(100000000, 4)", "(1,)*3", "((3,),2)", "(0, 1000000000000)", "(2**70, 0)", "(3L, 2L)",
]  # fmt: skip
DESCRS = [
    "'<f8'", "'<f8'", "'<f8'", "'>f8'", "'<f4'", "'|O'", "'|V0'", "'|S0'", "'<U0'", "'|V99999999999'", "'<f99'", "'<i8'", "[('a','<f8')]",
    "('<f8',(2,))", "('<f8',(1000000,1000))", "''", "'f8,f8'", "'O8'", "None", "5", "'<M8[ns]'", "{'names':['a'],'formats':['f8']}",
    "'" + "a" * 200 + "'", "'|b1'", "'<c16'", "[('x',[('y','<f8')])]", "'<f16'", "'|S2147483647'", "'<U999999999'", "'f8'", "'float'", "'object'",
    "'datetime64'", "[]", "[('a','<f8'),('a','<f8')]", "[('','<f8'),('b','<i4')]", "[5]", "[('a',)]", "'<M8[99999999999D]'",
]  # fmt: skip
HEADERS = ["{'descr': %s, 'fortran_order': %s, 'shape': %s, }"] * 10 + [
    "{'descr': %s, 'fortran_order': %s, 'shape': %s, 'z':1}", "{'descr': %s, 'fortran_order': %s, 'shapes': %s}", "[%s,%s,%s]",
    "{'descr': %s, 'fortran_order': %s, 'shape': %s", "((((((%s,%s,%s", "{" * 90 + "%s%s%s", "'descr' %s %s %s", "\x00%s%s%s",
    "__import__('os').system('true')#%s%s%s", "\t{'descr': %s, 'fortran_order': %s, 'shape': %s}", "{%s:1,%s:2,%s:3,[]:4}", "-" * 9000 + "%s%s%s",
    "{'descr': %s,\n 'fortran_order': %s,\n\n 'shape': %s}", "{**{'descr': %s}, 'fortran_order': %s, 'shape': %s}", "'\\d' %s %s %s",
]  # fmt: skip


def real_pair(rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of plain numbers, at least two examples, every type that NumPy has for them."""
    draw, rows = numbers(rng), rng.choice([2, 3, 5, 10, 40])
    shape = rng.choice([(rows, 3), (rows, 1), (rows, 5), (rows,), (rows, 2, 2)])
    x = (draw.normal(size=shape) * rng.choice([1, 1, 50, 1e-30, 1e30])).clip(-6e4, 6e4)
    y = draw.normal(size=rng.choice([(rows,), (rows, 1), (rows, 2)])) * 20
    x, y = (each.clip(0, None) if kind[0] == "u" else each for each, kind in ((x, "f"), (y, "f")))
    with np.errstate(all="ignore"):
        x, y = np.abs(x).astype(rng.choice(REAL)), y.astype(rng.choice(["f8", "f4", "i4", ">f8"]))
    return np.asfortranarray(x) if rng.random() < 0.2 else x, y


def expected(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As they have to be read."""
    return x.reshape(len(x), -1).astype(np.float64), y.reshape(len(y), -1).astype(np.float64)


def odd_array(rng: random.Random) -> np.ndarray:
    """An array of any type and shape, with values at the edge."""
    draw, rows, columns = numbers(rng), rng.choice([1, 2, 3, 5, 0, 10]), rng.choice([1, 2, 3, 0])
    shape = rng.choice(
        [(rows, columns)] * 6 + [(rows,), (), (rows, columns, 2), (1, rows, columns, 1), (columns, rows)]
    )
    base = np.asarray(draw.normal(size=shape) * rng.choice([1, 1, 1, 1e-300, 1e150, 1e200, 1e300]))
    kind = rng.choice(REAL + OTHER)
    with np.errstate(all="ignore"):
        if kind == "struct":
            return np.zeros(shape, dtype=[("p", "f8"), ("q", "i4")])
        if kind == "V8":
            return np.zeros(shape, kind)
        if kind[0] in "Mm":
            return np.nan_to_num(base).clip(-1e4, 1e4).astype("i8").astype(kind)
        if kind[0] in "iu":
            return base.clip(-100, 100).astype("i8").astype(kind)
        array = base.astype(kind)
    if array.dtype.kind in "fc" and array.dtype.itemsize > 2 and array.size and rng.random() < 0.2:
        array.flat[rng.randrange(array.size)] = rng.choice([np.nan, np.inf, -np.inf, 1e20])
    return array


def npy_bytes(array: np.ndarray) -> bytes:
    """The array as NumPy saves it."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True)
    return file.getvalue()


def lying_npy(rng: random.Random) -> bytes:
    """An array whose header says what is not there, or nothing that can be meant."""
    text = rng.choice(HEADERS) % (
        rng.choice(DESCRS),
        rng.choice(["False", "False", "True", "0", "None", "[]"]),
        rng.choice(SHAPES),
    )
    header = text.encode("latin-1", "replace") + b" " * rng.choice([0, 10, 64]) + rng.choice([b"\n", b""])
    version = rng.choice([b"\x01\x00"] * 6 + [b"\x02\x00", b"\x03\x00", b"\x04\x00", b"\xff\xff"])
    size = (
        len(header) if rng.random() < 0.85 else rng.choice([0, 1, 65535, len(header) - 1, len(header) + 1, 2**31 - 1])
    )
    length = struct.pack("<H", size & 0xFFFF) if version == b"\x01\x00" else struct.pack("<I", size & 0xFFFFFFFF)
    magic = b"\x93NUMPY" if rng.random() < 0.95 else rng.choice([b"\x93NUMPX", b"", b"PK\x03\x04", b"\x80\x04\x95"])
    return magic + version + length + header + numbers(rng).normal(size=rng.choice([0, 1, 6, 12, 100])).tobytes()


def sparse_parts(rng: random.Random) -> dict[str, np.ndarray]:
    """A sparse matrix as SciPy saves it, right or with wrong parts."""
    file = io.BytesIO()
    matrix = scipy.sparse.random(
        rng.choice([3, 5]),
        rng.choice([2, 4]),
        0.5,
        format=rng.choice(["csr", "csc", "coo", "bsr", "dia"]),
        rng=numbers(rng),
    )
    scipy.sparse.save_npz(file, matrix, compressed=False)
    with np.load(io.BytesIO(file.getvalue())) as saved:
        parts = {name: saved[name] for name in saved.files}
    if rng.random() < 0.7:
        name = rng.choice(list(parts))
        wrong = [
            np.array([10**6, 10**6]),
            np.array([2**40, 2**40]),
            np.array([-1, 3]),
            np.array([0, 99]),
            np.arange(3.0),
            np.array([], int),
            odd_array(rng),
            np.array(b"csr"),
        ]
        parts[name] = rng.choice(wrong)
    return parts


def npz(rng: random.Random) -> Case:
    """An archive: right, of odd arrays, sparse, or written by no NumPy; some damaged."""
    choice, file, check, right = rng.random(), io.BytesIO(), None, False
    names = rng.choice(PAIRS)
    if choice < 0.35:
        x, y = real_pair(rng)
        rng.choice([np.savez, np.savez_compressed])(file, **{names[0]: x, names[1]: y})
        check, right = equals(*expected(x, y)), True
    elif choice < 0.55:
        arrays = {
            name: odd_array(rng)
            for name in (*names, *rng.choice([(), (), ("mask",), ("feature_names", "target_names")]))
        }
        np.savez(file, **arrays)
    elif choice < 0.62:
        parts = sparse_parts(rng)
        np.savez(file, **parts, **({"y": numbers(rng).normal(size=3)} if rng.random() < 0.7 else {}))
    else:
        method = rng.choice(
            [zipfile.ZIP_STORED] * 4 + [zipfile.ZIP_DEFLATED] * 3 + [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
        )
        members = (
            list(names) if rng.random() < 0.85 else rng.choice([["x"], ["y"], [], ["x", "y", "x"], ["y", "x", "z"]])
        )
        with zipfile.ZipFile(file, "w", method) as archive:
            for name in dict.fromkeys(members):
                end = rng.choice([".npy"] * 10 + ["", ".NPY", ".npy.npy", "/", ".npy\x00"])
                begin = rng.choice([""] * 12 + ["../", "/", "a/", "\u202e"])
                content = lying_npy(rng) if rng.random() < 0.6 else npy_bytes(odd_array(rng))
                archive.writestr(
                    begin + name + end,
                    rng.choice([b"", b"\x93", b"\x93NUMPY", b"cos\nsystem\n(S'true'\ntR."])
                    if rng.random() < 0.05
                    else content,
                )
    content = file.getvalue()
    if rng.random() < 0.4:
        content, right = mutate(content, rng), False
    return Case({"data.npz": content}, check=check, right=right, task=maybe_task(rng))


def numpy_file(rng: random.Random) -> Case:
    """An array alone, with its targets in another file or without."""
    if rng.random() < 0.3:
        x, y = real_pair(rng)
        return Case({"x.npy": npy_bytes(x), "y.npy": npy_bytes(y)}, {"y": "y.npy"}, equals(*expected(x, y)), right=True)
    content = lying_npy(rng) if rng.random() < 0.6 else npy_bytes(odd_array(rng))
    targets = npy_bytes(odd_array(rng))
    files = {
        "x.npy": mutate(content, rng) if rng.random() < 0.4 else content,
        "y.npy": mutate(targets, rng) if rng.random() < 0.3 else targets,
    }
    return Case(files, {"y": "y.npy"} if rng.random() < 0.7 else {}, task=maybe_task(rng))


def matlab(rng: random.Random) -> Case:
    """A MATLAB file: right, or of odd arrays; some damaged."""
    file, check, right = io.BytesIO(), None, False
    names = rng.choice(PAIRS)
    if rng.random() < 0.4:
        x, y = real_pair(rng)
        x, y = (each.astype("f8") if each.dtype.char in "eg" or each.dtype == bool else each for each in (x, y))
        x = x[:, None] if x.ndim == 1 else x
        y = y[:, None] if y.ndim == 1 else y
        arrays: dict[str, object] = {names[0]: x, names[1]: y}
        check, right = equals(*expected(x, y)), True
    else:
        odd: list[object] = [
            np.array(["ant", "bee", "cat"], dtype=object),
            "text",
            {"a": 1.0},
            scipy.sparse.random(3, 2, 0.5, format="csc", rng=numbers(rng)),
            np.array([["ab"], ["cd"], ["ef"]]),
        ]
        arrays = {
            name: rng.choice(odd)
            if rng.random() < 0.4
            else numbers(rng).normal(size=rng.choice([(3, 2), (3, 1), (1, 3), (0, 0), (2, 2, 3)]))
            for name in names
        }
    scipy.io.savemat(file, arrays, do_compression=rng.random() < 0.5)
    content = file.getvalue()
    if rng.random() < 0.45:
        content, check, right = content[:128] + mutate(content[128:], rng), None, False
    return Case({"data.mat": content}, check=check, right=right, task=maybe_task(rng))
