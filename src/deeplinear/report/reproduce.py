"""Compute figures, check their claims, draw them, and keep all of it in a folder."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear import sweep
from deeplinear.figures import FIGURES, Claim
from deeplinear.sweep import storage
from deeplinear.sweep.storage import UNREADABLE, whole

if TYPE_CHECKING:
    from deeplinear.arrays import Array

SCALES = {"quick": "QUICK", "paper": "PAPER"}
ENDS = {
    ".png": (b"\x89PNG\r\n", b"IEND\xaeB`\x82"),
    ".svg": (b"<?xml", b"</svg>"),
}  # how a whole picture begins and ends
OWN = ("key", "parameters", "seconds")  # entries of an npz that are not the figure's arrays


@dataclass(frozen=True, repr=False)
class Result:
    """A finished figure.

    Attributes:
        name: of the figure.
        scale: ``"quick"`` or ``"paper"``.
        claims: what the figure says, tested.
        seconds: that computing it took.
        reused: whether it was found finished in the folder.
        files: what was written, or found.
    """

    name: str
    scale: str
    claims: list[Claim]
    seconds: float
    reused: bool
    files: tuple[Path, ...]

    def __repr__(self) -> str:
        holds = sum(claim.passed for claim in self.claims)
        return f"Result({self.name}, {self.scale} scale, {holds} of {len(self.claims)} claims hold)"

    @property
    def passed(self) -> bool:
        """Whether every claim holds."""
        return all(claim.passed for claim in self.claims)

    def record(self) -> dict[str, Any]:
        """The result as a dictionary that JSON can hold."""
        return {
            "scale": self.scale,
            "passed": self.passed,
            "seconds": round(self.seconds, 2),
            "reused": self.reused,
            "files": [str(file) for file in self.files],
            "claims": [claim.record() for claim in self.claims],
        }


def reproduce(
    names: Iterable[str] = (),
    *,
    scale: str = "quick",
    out: str | Path = "results",
    fresh: bool = False,
    figures: Mapping[str, Any] = FIGURES,
    watch: Callable[..., None] = lambda name, done=0, total=0: None,
) -> list[Result]:
    """Compute, check and draw figures into a folder; a figure that is finished there is kept.

    A figure is finished if its arrays were computed with the same parameters by the same source code. So an interrupted
    run resumes where it stopped, and an edited package starts again.

    Args:
        names: which figures; all if none are given.
        scale: ``"quick"`` (seconds) or ``"paper"`` (the paper's sizes).
        out: the folder, made if it is not there.
        fresh: compute again what is finished.
        figures: figure modules by name.
        watch: called with the name of each figure before it is worked on, and again with the pieces ``done`` of
            ``total`` while it is.

    Returns:
        One `Result` for each figure. The folder then holds ``NAME.npz`` (arrays and parameters), ``NAME.png``,
        ``NAME.svg``, and ``claims.json``.

    Raises:
        ValueError: a name or a scale that does not exist.
        OSError: the folder cannot be written.
    """
    names, out = list(names) or list(figures), Path(out)
    unknown = [name for name in names if name not in figures]
    if unknown:
        raise ValueError(
            f"reproduce needs names of figures, got {', '.join(unknown)}: only {', '.join(figures)} exist. "
            f"Name some of those, or none for all."
        )
    if scale not in SCALES:
        raise ValueError(
            f"reproduce needs scale in {', '.join(SCALES)}, got scale={scale!r}: nothing else is defined. Pick one."
        )
    out.mkdir(parents=True, exist_ok=True)
    results = []
    for name in names:
        watch(name)
        results.append(finished(name, figures[name], scale, out, fresh, watch))
        note(results[-1], out / "claims.json")
    return results


def finished(name: str, module: Any, scale: str, out: Path, fresh: bool, watch: Callable[..., None]) -> Result:
    """One figure, computed or found, checked and drawn."""
    parameters = getattr(module, SCALES[scale])
    key = fingerprint(parameters)
    file, pictures = out / f"{name}.npz", [out / f"{name}.{ending}" for ending in ("png", "svg")]
    found = None if fresh else kept(file, key)
    if found is None:
        begun, pieces = time.perf_counter(), out / f".{name}-pieces"
        if fresh:
            shutil.rmtree(pieces, ignore_errors=True)
        with sweep.setting(folder=pieces, watch=partial(watch, name)):
            data = module.compute(**parameters)
        seconds = time.perf_counter() - begun
        for picture in pictures:
            picture.unlink(missing_ok=True)  # of other parameters: never beside the new arrays
        with whole(file) as part:
            np.savez_compressed(part, **data, key=key, parameters=written(parameters), seconds=seconds)
        shutil.rmtree(pieces, ignore_errors=True)
    else:
        data, seconds = found
    if not all(map(is_whole, pictures)):
        picture_of(module, data, pictures)
    return Result(name, scale, module.claims(data), seconds, found is not None, (file, *pictures))


def picture_of(module: Any, data: dict[str, Array], files: list[Path]) -> None:
    """Draw a figure into files, with the same bytes every time."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=module.SIZE, layout="constrained")
    module.draw(data, figure)
    for file in files:
        undated = {"Date": None} if file.suffix == ".svg" else None
        with whole(file) as part, rc_context({"svg.hashsalt": "deeplinear"}):
            figure.savefig(part, dpi=160, metadata=undated)


def is_whole(picture: Path) -> bool:
    """Whether a picture is there from its first bytes to its last: an emptied or a cut one is not."""
    try:
        content = picture.read_bytes()
    except OSError:
        return False
    begins, ends = ENDS[picture.suffix]
    return content.startswith(begins) and content.rstrip().endswith(ends)


def written(parameters: Mapping[str, Any]) -> str:
    """Parameters as text."""
    return json.dumps(parameters, sort_keys=True)


def fingerprint(parameters: Mapping[str, Any]) -> str:
    """A key for these parameters under this source code."""
    return storage.fingerprint(written(parameters), sweep.source())


def kept(file: Path, key: str) -> tuple[dict[str, Array], float] | None:
    """A figure's arrays and seconds from an earlier run, or None if there are none under this key."""
    try:
        with file.open("rb") as whole_file, np.load(whole_file) as arrays:  # np.load leaves a damaged one open
            if str(arrays["key"]) != key:
                return None
            return {name: arrays[name] for name in arrays.files if name not in OWN}, float(arrays["seconds"])
    except UNREADABLE:  # not there, or not ours: compute it
        return None


def note(result: Result, file: Path) -> None:
    """Put a result into claims.json, beside those of other figures.

    A figure that was found finished, with the same claims, changes nothing there, so that results in a folder that cannot be
    written are still read.
    """
    try:
        records = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        records = {}
    records = records if isinstance(records, dict) else {}
    new = result.record()
    if result.reused and records.get(result.name, {}).get("claims") == json.loads(json.dumps(new["claims"])):
        return
    with whole(file) as part:
        text = json.dumps(records | {result.name: new}, indent=2, ensure_ascii=False)
        part.write_text(text + "\n", encoding="utf-8")
