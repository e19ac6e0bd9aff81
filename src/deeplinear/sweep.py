"""Many independent pieces of one experiment: all cores, resumable, with progress.

Pieces run in one worker process on each core, which share the BLAS threads out among them. joblib's own context managers
send the same call to a cluster: ``with joblib.parallel_config("dask"): …``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import deeplinear

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
    what is missing.

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
    from joblib import Parallel, delayed

    place = SETTING.get()
    piece = partial(kept, place.folder) if place.folder else done
    calls = (delayed(piece)(work, dict(job)) for job in jobs)
    results = []
    for result in Parallel(n_jobs=workers, return_as="generator")(calls):
        results.append(result)
        place.watch(len(results), len(jobs))
    return results


def done(work: Callable[..., Any], job: dict[str, Any], code: str = "") -> Any:
    """One piece; ``code`` only tells pieces of other source code apart."""
    return work(**job)


def kept(folder: Path, work: Callable[..., Any], job: dict[str, Any]) -> Any:
    """One piece, found finished or computed and kept."""
    from joblib import Memory

    return Memory(folder, verbose=0).cache(done)(work, job, source())


@cache
def source() -> str:
    """A hash of the package's source files: what was computed by others is computed again."""
    root, digest = Path(deeplinear.__file__).parent, hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
