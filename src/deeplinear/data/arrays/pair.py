"""Which arrays of a file are inputs and targets: by their usual names, or by what the user says."""

from __future__ import annotations

import re
from pathlib import Path

from deeplinear.data.arrays.stored import Stored, listed_arrays
from deeplinear.data.roles import Roles

PAIRS = (
    ("x", "y"),
    ("data", "target"),
    ("images", "labels"),
    ("features", "labels"),
    ("inputs", "targets"),
)  # the most usual
INPUTS = {
    "x",
    "xs",
    "data",
    "images",
    "image",
    "imgs",
    "img",
    "features",
    "feature",
    "inputs",
    "input",
    "samples",
    "xdata",
    "pixels",
    "sparse",
}
TARGETS = {"y", "ys", "target", "targets", "labels", "label", "outputs", "output", "classes", "ydata", "t"}
NOT_DATA = {
    "featurenames", "targetnames", "classnames", "labelnames", "columns", "mask", "xmask", "ymask", "maskx", "masky", "descr",
}  # fmt: skip
REMEDY = "Name them with --x NAME --y NAME (x='…', y='…')"


def plain_name(name: str) -> str:
    """A name in small letters without marks between its words."""
    return re.sub(r"[\W_]+", "", name.lower())


def without_split(name: str) -> str:
    """A plain name without the word train in it."""
    return re.sub(r"^train(ing)?|train(ing)?$|tr$", "", plain_name(name)) or plain_name(name)


def choose_pair(file: str, arrays: list[Stored], roles: Roles) -> tuple[Stored, Stored]:
    """Inputs and targets.

    Raises:
        ValueError: a name that is not there, none that is usual, or several that are.
    """
    data = [each for each in arrays if plain_name(each.name) not in NOT_DATA] or arrays
    x, y = (asked_for(file, arrays, option, name) for option, name in (("x", roles.x), ("y", roles.y)))
    if x is not None and x is y:
        raise ValueError(
            f"load_file needs two different arrays, got {x.name!r} as inputs and as targets: nothing would be left to predict. {REMEDY}."
        )
    if x is not None or y is not None:
        rest = [each for each in data if each is not x and each is not y]
        x = x or only_one(rest, INPUTS)
        y = y or only_one(rest, TARGETS)
    else:
        x, y = usual_pair(data) or two_arrays(data) or (None, None)
    if x is None or y is None:
        raise ValueError(missing_side(file, arrays, data))
    return x, y


def missing_side(file: str, arrays: list[Stored], data: list[Stored]) -> str:
    """The message where no pair was found."""
    if len(data) == 1:
        one = data[0]
        role, other = ("targets", "inputs") if without_split(one.name) in TARGETS else ("inputs", "targets")
        return (
            f"load_file needs inputs and targets, got one array, {one}, in {file}: these may be the {role}, and the {other} are missing. "
            f"Save both with np.savez(path, x=x, y=y)"
            + (", or name a file that holds the targets with --y FILE (y='…')." if other == "targets" else ".")
        )
    return (
        f"load_file needs arrays x and y, or a pair of other usual names such as data and target, got {listed_arrays(arrays)} in {file}: "
        f"which are inputs and which are targets is not plain. {REMEDY}."
    )


def asked_for(file: str, arrays: list[Stored], option: str, name: str | None) -> Stored | None:
    """The array that the user named; errors as `choose_pair`."""
    if name is None:
        return None
    for each in arrays:
        if each.name == name:
            return each
    raise ValueError(
        f"load_file needs the name of an array in {file}"
        + (" or of a file" if option == "y" else "")
        + f", got {option}={name!r}: "
        f"there is none of that name. It holds {listed_arrays(arrays)}."
    )


def only_one(arrays: list[Stored], names: set[str]) -> Stored | None:
    """The one array of a usual name, or the one that there is; None where there are several."""
    for reading in (plain_name, without_split):
        found = [each for each in arrays if reading(each.name) in names]
        if len(found) == 1:
            return found[0]
    return arrays[0] if len(arrays) == 1 else None


def usual_pair(arrays: list[Stored]) -> tuple[Stored, Stored] | None:
    """The pair of usual names: x and y as they are, else the only pair without, else with the word train."""
    named = {each.name: each for each in arrays}
    if "x" in named and "y" in named:
        return named["x"], named["y"]
    for reading in (plain_name, without_split):
        groups: dict[str, list[Stored]] = {}
        for each in arrays:
            groups.setdefault(reading(each.name), []).append(each)
        pairs = [(groups[a], groups[b]) for a, b in PAIRS if a in groups and b in groups]
        sides = [[each for each in arrays if reading(each.name) in names] for names in (INPUTS, TARGETS)]
        pairs = pairs or [(sides[0], sides[1])]
        if len(pairs) == 1 and len(pairs[0][0]) == len(pairs[0][1]) == 1:
            return pairs[0][0][0], pairs[0][1][0]
    return None


def two_arrays(arrays: list[Stored]) -> tuple[Stored, Stored] | None:
    """The only two arrays: np.savez(path, x, y) calls them arr_0 and arr_1; else rows of several numbers and one value for each."""
    if len(arrays) != 2:
        return None
    named = {each.name: each for each in arrays}
    if named.keys() == {"arr_0", "arr_1"}:
        return named["arr_0"], named["arr_1"]
    for x, y in (arrays, arrays[::-1]):
        if len(x.shape) > 1 and y.shape in ((x.shape[0],), (x.shape[0], 1)) and max(x.shape[1:], default=1) > 1:
            return x, y
    return None


def beside(path: Path, name: str) -> Path | None:
    """The file of targets that the user named, as given or beside the file of inputs; None where there is none."""
    for candidate in (Path(name), path.with_name(name) if Path(name).name == name and name else Path(name)):
        try:
            if candidate.is_file():
                return candidate
        except (OSError, ValueError):  # no name that the system takes
            return None
    return None
