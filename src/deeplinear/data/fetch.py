"""Published files: from a folder that the user names, or downloaded once, checked and kept."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "DEEPLINEAR_DATA"
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
CHECKSUMS = {  # SHA-256
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


def data_folder() -> Path | None:
    """The folder that ``DEEPLINEAR_DATA`` names; None where the variable is not set."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else None


def published(name: str) -> Path:
    """Path of a checked copy: from the user's folder if it is there, else from the cache, else downloaded.

    Raises:
        ValueError: the file is not the published one: truncated, damaged or another.
        ConnectionError: there is no copy, and none could be downloaded.
    """
    import pooch

    folder = data_folder()
    held = [] if folder is None else [p for p in (folder / name, folder / "mnist" / name) if p.is_file()]
    if not held:
        return download(name)
    found = pooch.file_hash(str(held[0]))
    if found != CHECKSUMS[name]:
        raise ValueError(
            f"mnist needs {name} as published (SHA-256 {CHECKSUMS[name][:12]}…), got {found[:12]}… with "
            f"{held[0].stat().st_size} bytes in {held[0].parent}: truncated, or another file. Fetch it again, or unset "
            f"{VARIABLE} to download it."
        )
    return held[0]


def download(name: str) -> Path:
    """The file from the first mirror that sends it whole, kept in the user's cache folder; errors as `published`."""
    import pooch

    logger = pooch.get_logger()  # it reports each download to standard error
    level, failures, another = logger.level, [], False
    logger.setLevel("ERROR")
    try:
        for mirror in MIRRORS:
            try:
                checksum, cache = f"sha256:{CHECKSUMS[name]}", pooch.os_cache("deeplinear")
                return Path(pooch.retrieve(mirror + name, checksum, fname=name, path=cache))
            except OSError as error:  # unreachable, refused, or broken off: all errors of requests are such
                failures.append(f"{mirror} failed with {type(error).__name__}")
            except ValueError:  # the checksum: pooch compares before it keeps a file
                another = True
                failures.append(f"{mirror} sent another file (truncated, or a proxy in between)")
    finally:
        logger.setLevel(level)
    raise (ValueError if another else ConnectionError)(
        f"mnist needs {name} as published (SHA-256 {CHECKSUMS[name][:12]}…), got no local copy and no download: "
        f"{'; '.join(failures)}. Point {VARIABLE} at a folder with the four .gz files, or try again."
    )
