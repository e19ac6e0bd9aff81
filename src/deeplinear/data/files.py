"""The user's own data: tables, data frames and files of arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Unpack

import numpy as np

from deeplinear.arrays import Array
from deeplinear.data.arrays import holds_arrays, read_arrays
from deeplinear.data.roles import RoleOptions, Roles
from deeplinear.data.tables.read import read_frame, read_table
from deeplinear.task import Inputs, Task
from deeplinear.task.columns import Columns


def from_file(
    path: str | Path,
    *,
    inputs: Inputs = "white",
    reduction: Literal["sum", "mean"] = "sum",
    **roles: Unpack[RoleOptions],
) -> Task:
    """A task from a file.

    What was read, left out and encoded is in ``task.description``, and names of features, targets and classes in
    ``task.columns``. Columns that add nothing to the others, constant or a linear function of them, are in ``task.left_out``.

    Args:
        path: of a table or a file of arrays, see `load_file`.
        inputs: ``"raw"``, ``"centred"`` or ``"white"``, see `Task.from_data`.
        reduction: ``"sum"`` or ``"mean"`` over examples.
        **roles: as in `load_file`.

    Raises:
        ValueError: as `load_file` and `Task.from_data`.
    """
    return as_task(read_file(path, Roles.from_options("load_file", roles)), inputs, reduction)


def from_frame(
    frame: Any,
    *,
    inputs: Inputs = "white",
    reduction: Literal["sum", "mean"] = "sum",
    **roles: Unpack[RoleOptions],
) -> Task:
    """A task from a data frame: of pandas, polars or another library that narwhals knows, or a relation of DuckDB.

    Args:
        frame: one example a row. Its index is no column; what a column holds is decided by its type.
        inputs: ``"raw"``, ``"centred"`` or ``"white"``, see `Task.from_data`.
        reduction: ``"sum"`` or ``"mean"`` over examples.
        **roles: ``target``, ``drop``, ``keep``, ``kind`` and ``drop_missing`` as in `load_file`.

    Raises:
        TypeError: not a data frame.
        ValueError: as `load_file` and `Task.from_data`.

    Example:
        >>> import pandas
        >>> frame = pandas.DataFrame({"a": [1, 2, 3, 4], "b": [0, 1, 0, 2], "kind": ["ant", "bee", "ant", "bee"]})
        >>> print(from_frame(frame).description)
        4 examples; features a, b; target kind: 2 classes (ant, bee)
    """
    return as_task(read_frame(frame, Roles.from_options("from_frame", roles)), inputs, reduction)


def load_file(path: str | Path, **roles: Unpack[RoleOptions]) -> tuple[Array, Array]:
    r"""Inputs ``(examples, n_in)`` and targets ``(examples, n_out)`` from a file.

    Text (csv, tsv, txt, data; gzip or not) and parquet are tables; npz, npy, mat and IDX are arrays. What the file itself does not say
    is decided from its cells; `from_file` tells what was decided in ``task.description``.

    Args:
        path: of the file.
        **roles: what the file does not say, all optional:

            - ``target``: the target column or columns, by name; columns without a name, or with one that is there twice, by their position
              from 1, as text. If not given, the last column; or the only one that is called label,
              class or target; or the first, if it is the only one of text.
            - ``drop``: columns that are neither features nor targets.
            - ``keep``: columns that are features even though they look like an index, which is left out otherwise.
            - ``kind``: ``"classes"`` makes one-hot classes of integer labels, ``"numbers"`` says that they are numbers. Text is
              classes, if it looks like classes.
            - ``header``: whether the first line holds names.
            - ``drop_missing``: leave rows with missing cells out, instead of refusing them.
            - ``separator``, ``decimal``, ``thousands``, ``encoding``: how text is written.
            - ``x``, ``y``: names of the arrays, in a file of arrays; ``y`` may name a file that holds the targets.

    Raises:
        ValueError: the file is missing, empty or of another kind, a column is unknown, a row is ragged, a cell is missing or
            not a number.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name, "flowers.csv")
        >>> _ = path.write_text("length,width,kind\n5.1,3.5,setosa\n6.2,2.9,virginica\n4.9,3.0,setosa\n")
        >>> load_file(path)
        (array([[5.1, 3.5], [6.2, 2.9], [4.9, 3. ]]), array([[1., 0.], [0., 1.], [1., 0.]]))
        >>> folder.cleanup()
    """
    x, y, _ = read_file(path, Roles.from_options("load_file", roles))
    return np.asarray(x, dtype=np.float64), y


def read_file(path: str | Path, roles: Roles) -> tuple[Array, Array, Columns]:
    """Inputs, targets, and what was made of the columns; errors as `load_file`."""
    path = Path(path)
    if not path.is_file():
        what = "it is a folder" if path.is_dir() else "there is none"
        raise ValueError(f"load_file needs a file, got {str(path)!r}: {what}. Check the path.")
    try:
        return read_arrays(path, roles) if holds_arrays(path) else read_table(path, roles)
    except OSError as error:
        raise ValueError(
            f"load_file needs a file that can be read, got {path.name}: {error.strerror or error}. Check its permissions and the "
            f"space for temporary files."
        ) from error


def as_task(examples: tuple[Array, Array, Columns], inputs: Inputs, reduction: Literal["sum", "mean"]) -> Task:
    """A task that knows its columns."""
    x, y, columns = examples
    task = Task.from_data(
        x, y, inputs=inputs, reduction=reduction, feature_names=columns.features, target_names=columns.targets
    )
    object.__setattr__(task, "columns", columns)  # it is new, and nobody else has it yet
    return task
