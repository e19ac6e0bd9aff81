"""A handful of runs at a time in one compiled loop, handfuls on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

from deeplinear.simulate.forks import require_own_threads
from deeplinear.simulate.nonlinear.compiled import Data, Run, Work, trained

CACHE = 600_000  # bytes that one core's runs may touch at each step; beyond, vectorising over runs gains nothing

MOST_COMPILED = 32  # kinds of training whose compiled loops are held
COMPILED: set[Work] = set()


def cores() -> int:
    """Cores to use: those of this process, or fewer where OMP_NUM_THREADS says so."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = os.environ.get("OMP_NUM_THREADS", "")
    return min(here, int(told)) if told.isdigit() and int(told) else here


def handful(runs: Run, count: int, data: Data, stop: str) -> int:
    """How many runs to vectorise over: on a CPU what stays in a core's cache, shared out evenly among the cores."""
    if stop == "first" or jax.default_backend() != "cpu":
        return count
    arrays = [*runs.weights, *runs.biases]
    rows = len(data.x) if data.order is None else data.order.shape[1]
    numbers = sum(3 * w[0].size for w in arrays) + rows * sum(3 * w.shape[1] for w in runs.weights)
    most = max(1, CACHE // (numbers * runs.rate.dtype.itemsize))
    pieces = -(-count // most)
    pieces = -(-pieces // cores()) * cores()
    return -(-count // min(pieces, count))


def forget_older(work: Work) -> None:
    """Drop the compiled loops when there are many: those of a user's own functions would be held for ever, 5 MiB each."""
    if work not in COMPILED and len(COMPILED) >= MOST_COMPILED:
        trained.clear_cache()  # type: ignore[attr-defined]
        COMPILED.clear()
    COMPILED.add(work)


def run(runs: Run, data: Data, records: np.ndarray, until: float, work: Work, dtype: type) -> Any:
    """Train every start at every rate, rates varying fastest, in ``dtype``, which is switched on for this call only.

    Returns:
        Steps ``(T,)``, a `Reading` with arrays ``(runs, T, …)``, first steps learned and diverged ``(runs,)``, −1 for never,
        and final weights and biases with a leading axis of runs, all NumPy.
    """
    require_own_threads("train")
    forget_older(work)

    def put(tree: Any) -> Any:
        return jax.tree.map(lambda a: np.asarray(a, np.int32 if a.dtype.kind == "i" else dtype), tree)

    runs, data, each = put(runs), put(data), len(runs.rate)
    count = len(runs.u) * each
    size = handful(runs, count, data, work.stop)

    def piece(begin: int) -> Any:
        start, rate = np.divmod(np.arange(begin, begin + size), each)
        some = jax.tree.map(lambda a: a[start], runs._replace(rate=np.empty(len(runs.u))))._replace(
            rate=runs.rate[rate]
        )
        with jax.enable_x64(np.dtype(dtype) == np.float64), jax.default_matmul_precision("highest"):
            return jax.tree.map(
                np.asarray, trained(some, data, np.asarray(records, np.int32), np.asarray(until, dtype), work=work)
            )

    # the last handful overlaps the one before it, so that one compiled program serves them all
    begins = [min(begin, count - size) for begin in range(0, count, size)]
    done = [piece(begins[0])]  # compiles
    with ThreadPoolExecutor(cores()) as pool:
        done += pool.map(piece, begins[1:])
    fresh = [max(0, number * size - begin) for number, begin in enumerate(begins)]
    steps = max((found[0] for found in done), key=lambda steps: steps[-1])
    kept = slice(0, int(np.argmax(steps == steps[-1])) + 1)  # a training that ended early repeats its last record

    def joined(*arrays: Any) -> np.ndarray:
        return np.concatenate([a[first:] for a, first in zip(arrays, fresh, strict=True)])

    readings = [jax.tree.map(lambda a: a.swapaxes(0, 1)[:, kept].astype(np.float64), found[1]) for found in done]
    rest = [jax.tree.map(np.asarray, found[2:]) for found in done]
    learned, diverged, parameters = jax.tree.map(joined, *rest)
    return steps[kept].astype(np.intp), jax.tree.map(joined, *readings), learned, diverged, parameters
