"""Where published files come from: a folder the user names, or a checksummed download that is kept."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "DEEPLINEAR_DATA"

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

MNIST = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


def mnist_file(name: str) -> Path:
    """One of the four MNIST files, by name: from the user's folder if there is one, else downloaded once and kept.

    Raises:
        ValueError: ``DEEPLINEAR_DATA`` names a folder without the file, or what was downloaded has the wrong checksum.
        ConnectionError: no mirror could be reached, or the download broke off.
    """
    folder = data_folder()
    return download(name, MNIST[name]) if folder is None else held(folder, "mnist", name)


def data_folder() -> Path | None:
    """The folder that ``DEEPLINEAR_DATA`` names; None where the variable is not set."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else None


def held(folder: Path, below: str, name: str) -> Path:
    """The file in the folder, or in ``below/`` under it."""
    for place in (folder / name, folder / below / name):
        if place.is_file():
            return place
    raise ValueError(
        f"mnist needs {name} in the folder that {VARIABLE} names, got {VARIABLE}={str(folder)!r}: it is neither there "
        f"nor in {below}/ under it. Put the four MNIST .gz files there, or unset the variable to download them."
    )


def download(name: str, checksum: str) -> Path:
    """The file from the first mirror that has it, kept in the user's cache folder.

    Raises:
        ValueError: the checksum of what came is wrong at every mirror that answered.
        ConnectionError: no mirror answered with the whole file.
    """
    import pooch

    failures: list[str] = []
    kind: type[Exception] = ConnectionError
    for mirror in MIRRORS:
        try:
            return Path(
                pooch.retrieve(
                    mirror + name, known_hash=f"sha256:{checksum}", fname=name, path=pooch.os_cache("deeplinear")
                )
            )
        except ValueError as error:  # pooch compares the checksum before it keeps a file
            kind = ValueError
            failures.append(f"{mirror} sent another file ({one_line(error)})")
        except OSError as error:  # every error of requests is one
            failures.append(f"{mirror} failed ({one_line(error)})")
    raise kind(
        f"mnist needs {name} with SHA-256 {checksum[:12]}…, got none: {'; '.join(failures)}. Put the four MNIST .gz "
        f"files into a folder and set {VARIABLE} to it."
    )


def one_line(error: Exception) -> str:
    """Kind and text of an error on one line, without the tail of a long address."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:117] + '…' if len(text) > 118 else text}"
