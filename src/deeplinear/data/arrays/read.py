"""Inputs, targets and their names from a file of arrays."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.data.arrays.features import read_features
from deeplinear.data.arrays.files import arrays_in
from deeplinear.data.arrays.idx import labels_beside
from deeplinear.data.arrays.missing import Side, drop_missing, masks_of, missing_cells, with_mask
from deeplinear.data.arrays.orient import check_shapes, orient
from deeplinear.data.arrays.pair import TARGETS, beside, choose_pair, only_one, plain_name, without_split
from deeplinear.data.arrays.real import check_type, columns_of_fields, real
from deeplinear.data.arrays.records import split_records
from deeplinear.data.arrays.stored import Stored, listed_arrays
from deeplinear.data.arrays.targets import read_targets, text_labels
from deeplinear.data.roles import Roles
from deeplinear.task.columns import Columns

FUNCTION = "load_file"
WEIGHTS = {"weight", "weights", "sampleweight", "sampleweights", "classweight", "classweights", "w"}
OF_TABLES = ("header", "separator", "decimal", "thousands", "encoding")


class Sources(NamedTuple):
    """Where inputs and targets are, and everything that is beside them."""

    x: Stored
    y: Stored
    arrays: list[Stored]
    notes: list[str]
    beside: list[Stored] | None = None  # the arrays of the file of targets, where it is another one
    file: str = ""  # its name


def read_arrays(path: str | Path, roles: Roles) -> tuple[NDArray, Array, Columns]:
    """Inputs ``(examples, n_in)`` in the precision of the file, targets ``(examples, n_out)``, and their names.

    Reads ``.npz`` archives of NumPy and of scipy.sparse, ``.npy``, ``.mat`` and IDX files, recognised by what is in them. Every size is
    checked before anything is allocated, and pickles are never opened.

    Args:
        path: of the file.
        roles: ``x`` and ``y`` name arrays, or ``y`` a file with the targets; ``kind``, ``drop`` and ``drop_missing`` as for tables;
            ``target`` is a field of an array of records.

    Raises:
        ValueError: the file is missing, damaged or of another kind, what is meant is not plain, or a value is no real number.
    """
    path = Path(path)
    file = path.name
    refuse_options_of_tables(file, roles)
    source = find_pair(path, roles)
    x, y = one_field(source.x), one_field(source.y)
    files = file, source.file or file
    check_shapes(files, x, y)
    check_type(files[0], x, "biufc")
    check_type(files[1], y, "biufcSU" if not y.dtype.names else "biufc")
    xs, ys, notes = load(files, x, y, masks(source))
    xs, ys, turned = orient(files, x, y, xs, ys)
    if ys.ndim > 2:
        ys = ys.reshape(len(ys), -1)
    names = texts_in(source.arrays, ("featurenames", "columns")) if not x.dtype.names else x.dtype.names
    features = read_features(file, x, xs, names, roles.drop)
    sides = [
        Side(x.name, files[0], features.x, missing_cells(features.x)),
        Side(y.name, files[1], ys, missing_cells(ys)),
    ]
    complete, dropped = drop_missing(sides, drop=roles.drop_missing)
    xs, ys = (features.x, ys) if complete.all() else (features.x[complete], ys[complete])
    listed = (
        texts_in([*source.arrays, *(source.beside or ())], ("targetnames", "classnames", "labelnames"))
        if not y.dtype.names
        else y.dtype.names
    )
    targets = read_targets(FUNCTION, files[1], y.name, ys, listed, roles.kind)
    said = [*source.notes, *unread(source), *notes, *turned, *features.notes, *dropped, *targets.notes]
    target = y.name if targets.kind == "classes" else ""
    return xs, targets.y, Columns(len(xs), features.names, targets.names, targets.kind, target, tuple(said))


def refuse_options_of_tables(file: str, roles: Roles) -> None:
    """Refuse options that have no meaning for arrays; errors as `read_arrays`."""
    for option in OF_TABLES:
        if getattr(roles, option) is not None:
            raise ValueError(
                f"{FUNCTION} needs no {option} for arrays, got {option}={getattr(roles, option)!r} for {file}: it says how a text table is "
                f"written. Leave it out."
            )
    if roles.keep:
        raise ValueError(
            f"{FUNCTION} needs no keep for arrays, got keep={roles.keep[0]!r} for {file}: columns of arrays are never left out as an "
            f"index. Leave it out."
        )


def find_pair(path: Path, roles: Roles) -> Sources:
    """Arrays of inputs and targets, in one file or in two; errors as `read_arrays`."""
    file, arrays = path.name, arrays_in(path)
    named = roles.y is not None and all(each.name != roles.y for each in arrays)
    second = (
        beside(path, roles.y)
        if named and roles.y
        else labels_beside(path)
        if len(arrays) == 1 and roles.y is None
        else None
    )
    if second is not None and roles.target and roles.y:
        raise ValueError(
            f"{FUNCTION} needs no target beside targets in a file of their own, got target={roles.target[0]!r} and y={roles.y!r}: only one "
            f"can be meant. Leave one of them out."
        )
    if second is not None and roles.target == ():
        x = choose_inputs(file, arrays, roles)
        others = arrays_in(second)
        y = only_one(others, TARGETS)
        if y is None:
            raise ValueError(
                f"{FUNCTION} needs one array of targets, got {listed_arrays(others)} in {second.name}: any could be meant. Save the targets "
                f"alone."
            )
        return Sources(x, y, arrays, [f"targets from {second.name}"], others, second.name)
    records = split_records(file, arrays, roles)
    if records is not None:
        return Sources(*records, arrays, [])
    if roles.target:
        raise ValueError(
            f"{FUNCTION} needs no target for arrays, got target={roles.target[0]!r} for {file}: targets of arrays are an array of their own. "
            f"Leave target out, or name the array with --y NAME (y='…')."
        )
    x, y = choose_pair(file, arrays, roles)
    notes = [f"arrays {x.name} and {y.name} were read"] if (x.name, y.name) != ("x", "y") else []
    return Sources(x, y, arrays, notes)


def choose_inputs(file: str, arrays: list[Stored], roles: Roles) -> Stored:
    """The array of inputs in a file without targets; errors as `read_arrays`."""
    if len(arrays) == 1 and roles.x in (None, arrays[0].name):
        return arrays[0]
    empty = Stored("", (), np.dtype("f8"), lambda: np.zeros(()))  # stands for the targets, which are elsewhere
    return choose_pair(file, [*arrays, empty], Roles(x=roles.x, y=""))[0]


def one_field(array: Stored) -> Stored:
    """An array of records with a single field as a plain array of the field's name."""
    fields = array.dtype.names or ()
    if len(fields) != 1:
        return array
    field = fields[0]
    return Stored(field, array.shape, array.dtype[field], lambda: array.load()[field])


def masks(source: Sources) -> tuple[list[Stored], list[Stored]]:
    """Masks of inputs and of targets."""
    apart = source.beside is not None
    return (
        masks_of(source.arrays, source.x, "x", alone=True),
        masks_of(source.beside if source.beside is not None else source.arrays, source.y, "y", alone=apart),
    )


def unread(source: Sources) -> list[str]:
    """What is said of arrays that were not used: masks and weights change results, so each of them is said to have no effect."""
    of_x, of_y = masks(source)
    used = [*of_x, *of_y]
    notes = []
    for arrays, ending in ((source.arrays, ""), (source.beside or [], f" in {source.file}")):
        rest = [
            each
            for each in arrays
            if not (each.name == source.x.name and arrays is source.arrays)
            and not (each.name == source.y.name and arrays is (source.beside or source.arrays))
            and not any(each is mask for mask in used)
            and not helps(each)
        ]
        plain = [each for each in rest if not effect(each)]
        listed = [f"{each.name}{f' ({each.objects})' * each.dtype.hasobject}" for each in plain[:8]]
        notes += [f"{', '.join(listed)}{', …' if len(plain) > 8 else ''}{ending} not read"] if plain else []
        notes += [f"{each.name}{ending} not read, so {effect(each)}" for each in rest if effect(each)]
    return notes


def effect(array: Stored) -> str:
    """What it means that a mask or weights are not used; empty for other arrays."""
    name = plain_name(array.name)
    if "mask" in name:
        return "no value counts as masked"
    if without_split(name) in WEIGHTS:
        return "all examples count alike"
    return ""


def helps(array: Stored) -> bool:
    """Whether an array is text that names columns or classes, or describes the data."""
    name = plain_name(array.name)
    return array.dtype.kind in "SU" and name.endswith(("names", "columns", "descr", "filename"))


def load(
    files: tuple[str, str], x: Stored, y: Stored, masks: tuple[list[Stored], list[Stored]]
) -> tuple[NDArray, NDArray, list[str]]:
    """Inputs as numbers, targets as float64, text or truth values, missing values as NaN, and notes; errors as `read_arrays`."""
    try:
        xs, ys = (columns_of_fields(each.load()) if each.dtype.names else each.load() for each in (x, y))
        xs, notes = real(files[0], x.name, xs)
        xs, masked = with_mask(masks[0], x, xs)
        notes = notes + masked
        if ys.dtype.kind in "SU":
            ys = text_labels(ys)
        elif ys.dtype.kind != "b":
            ys, more = real(files[1], y.name, ys)
            ys = ys.astype(np.float64)
            notes += more
        ys, masked = with_mask(masks[1], y, ys)
        notes += masked
    except MemoryError as error:
        raise ValueError(
            f"{FUNCTION} needs data that fit into memory, got {listed_arrays([x, y])} in {' and '.join(dict.fromkeys(files))}: there is less left. Keep fewer examples or "
            f"features."
        ) from error
    return xs, ys, notes


def texts_in(arrays: list[Stored], names: tuple[str, ...]) -> tuple[str, ...]:
    """The text in the first array of one of these names; none where there is none."""
    for each in arrays:
        if (
            plain_name(each.name) in names
            and each.dtype.kind in "SU"
            and each.dtype.itemsize
            and len(each.shape) == 1
            and each.shape[0]
        ):
            values = each.load()
            values = np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values
            return tuple(str(value) for value in values)
    return ()
