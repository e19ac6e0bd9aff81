"""Many independent pieces of one experiment: all cores, resumable, with progress.

Pieces run in one worker process on each core, which share the BLAS threads out among them. joblib's own context managers
send the same call to a cluster: ``with joblib.parallel_config("dask"): …``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from deeplinear.sweep import storage
from deeplinear.sweep.orphans import end_with

Watch = Callable[[int, int], None]


@dataclass(frozen=True)
class Setting:
    """Where the sweeps of a block keep finished pieces, and whom they tell."""

    folder: Path | None = None
    watch: Watch = lambda done, total: None


SETTING: ContextVar[Setting] = ContextVar("sweep", default=Setting())  # noqa: B039 (frozen)


@contextmanager
def setting(*, folder: Path | None = None, watch: Watch | None = None) -> Iterator[None]:
    """Inside this block, sweeps keep finished pieces in ``folder`` and call ``watch(done, total)`` after each one.

    What is None stays as it was outside.
    """
    outer = SETTING.get()
    token = SETTING.set(Setting(folder or outer.folder, watch or outer.watch))
    try:
        yield
    finally:
        SETTING.reset(token)


def sweep(work: Callable[..., Any], jobs: Sequence[Mapping[str, Any]], *, workers: int = -1) -> list[Any]:
    """``[work(**job) for job in jobs]``, in parallel.

    Jobs begin in the order given: put the longest first. Inside a `setting` with a folder, finished pieces are kept
    there, under their arguments and the package's source code, so that an interrupted sweep, begun again, computes only
    what is missing. Only results of numbers, texts and arrays, in tuples, lists and dictionaries, are kept. Worker processes
    end with this one, however it ends.

    Args:
        work: a function of a module; worker processes import it.
        jobs: the arguments of each piece: numbers, texts, tuples, arrays.
        workers: how many processes; -1 for one on each core, 1 to stay in this one.

    Returns:
        Results in the order of ``jobs``.

    Example:
        >>> sweep(pow, [{"base": 2, "exp": 10}, {"base": 3, "exp": 4}], workers=1)
        [1024, 81]
    """
    from joblib import Parallel, delayed, effective_n_jobs

    place = SETTING.get()
    calls = (delayed(piece)(os.getpid(), place.folder, work, dict(job)) for job in jobs)
    results = []
    most = min(
        effective_n_jobs(workers), max(len(jobs), 1)
    )  # an idle worker is told nothing, and outlives a killed parent
    for result in Parallel(n_jobs=most, return_as="generator")(calls):
        results.append(result)
        place.watch(len(results), len(jobs))
    return results


def piece(parent: int, folder: Path | None, work: Callable[..., Any], job: dict[str, Any]) -> Any:
    """One piece, found finished or computed and kept; the process that computes it ends with its parent."""
    end_with(parent)
    key = None if folder is None else name_of(work, job)
    if folder is None or key is None:
        return work(**job)
    file = folder / f"{key}.npz"
    found = storage.read(file, key)
    if found is not None:
        return found[0]
    result = work(**job)
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(TypeError):  # a result of other things than numbers is computed again
        storage.write(file, key, result)
    return result


def name_of(work: Callable[..., Any], job: dict[str, Any]) -> str | None:
    """The key of a piece: its function, its arguments, and the package's source; None where arguments are no numbers."""
    try:
        return storage.fingerprint(
            getattr(work, "__module__", ""), getattr(work, "__qualname__", repr(work)), job, source()
        )
    except TypeError:
        return None


@cache
def source() -> str:
    """A hash of the package's source files: what was computed by others is computed again."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
