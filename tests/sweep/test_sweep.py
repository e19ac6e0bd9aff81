"""Sweeps: in order, in parallel, and never twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from deeplinear import sweep as room
from deeplinear.sweep import setting, sweep


def recorded(number, folder):
    """Work that leaves a file for each time it is done."""
    Path(folder, f"{number}-{os.urandom(4).hex()}").touch()
    if number == 3 and not Path(folder, "may").exists():
        raise RuntimeError("interrupted")
    return {"square": np.array([number**2]), "process": os.getpid()}


def jobs(folder, count=5):
    return [{"number": n, "folder": str(folder)} for n in range(count)]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_from_worker_processes(tmp_path, workers):
    (tmp_path / "may").touch()
    results = sweep(recorded, jobs(tmp_path), workers=workers)
    assert [int(r["square"][0]) for r in results] == [0, 1, 4, 9, 16]
    assert (os.getpid() in {r["process"] for r in results}) == (workers == 1)
    assert len(list(tmp_path.iterdir())) == 6


def test_an_interrupted_sweep_computes_only_what_is_missing(tmp_path):
    done, kept = tmp_path / "done", tmp_path / "kept"
    done.mkdir()
    with pytest.raises(RuntimeError, match="interrupted"), setting(folder=kept):
        sweep(recorded, jobs(done), workers=1)
    (done / "may").touch()
    with setting(folder=kept):
        again = sweep(recorded, jobs(done), workers=1)
    assert [int(r["square"][0]) for r in again] == [0, 1, 4, 9, 16]
    times = [sum(file.name.startswith(f"{n}-") for file in done.iterdir()) for n in range(5)]
    assert times == [1, 1, 1, 2, 1]


def test_other_source_code_computes_again(tmp_path, monkeypatch):
    done, kept = tmp_path / "done", tmp_path / "kept"
    done.mkdir()
    for code in ("one", "one", "two"):
        monkeypatch.setattr(room, "source", lambda code=code: code)
        with setting(folder=kept):
            sweep(recorded, jobs(done, 1), workers=1)
    assert len(list(done.iterdir())) == 2


def test_source_is_every_byte_of_the_package(tmp_path, monkeypatch):
    """Contents and names of its files, also of those in folders."""
    (tmp_path / "room").mkdir()
    files = tmp_path / "__init__.py", tmp_path / "room" / "law.py"
    for file in files:
        file.write_text("x = 1\n")
    monkeypatch.setattr(room, "__file__", str(tmp_path / "sweep" / "__init__.py"))

    def seen():
        room.source.cache_clear()
        return room.source()

    try:
        states = [seen()]
        assert seen() == states[0]
        for file in files:
            file.write_text("x = 2\n")
            states.append(seen())
        files[1].rename(tmp_path / "room" / "other.py")
        states.append(seen())
        (tmp_path / "notes.txt").touch()
        assert seen() == states[-1]
    finally:
        room.source.cache_clear()
    assert len(set(states)) == 4


def test_what_an_inner_block_leaves_open_stays_as_outside(tmp_path):
    done, seen = tmp_path / "done", []
    done.mkdir()
    for _ in range(2):
        with setting(folder=tmp_path / "kept"), setting(watch=lambda *of: seen.append(of)):
            sweep(recorded, jobs(done, 2), workers=1)
    assert len(list(done.iterdir())) == 2
    assert seen == [(1, 2), (2, 2)] * 2


def test_progress_is_told_inside_the_block_only(tmp_path):
    seen = []
    with setting(watch=lambda *of: seen.append(of)), setting(folder=tmp_path / "kept"):
        sweep(pow, [{"base": 2, "exp": 3}] * 3, workers=1)
    sweep(pow, [{"base": 2, "exp": 3}] * 3, workers=1)
    assert seen == [(1, 3), (2, 3), (3, 3)]


def plus(base, exp):
    """Takes the arguments of ``pow``."""
    return base + exp


def test_functions_do_not_share_what_is_kept(tmp_path):
    job = [{"base": 2, "exp": 3}]
    for _ in range(2):
        with setting(folder=tmp_path):
            assert sweep(pow, job, workers=1) == [8]
            assert sweep(plus, job, workers=1) == [5]
    with setting(folder=tmp_path):
        assert sweep(plus, [{"base": 2, "exp": 4}], workers=1) == [6]  # nor do jobs


def test_the_inner_setting_wins(tmp_path):
    inner, outer = [], []
    with setting(folder=tmp_path / "outer", watch=lambda *of: outer.append(of)):
        with setting(folder=tmp_path / "inner", watch=lambda *of: inner.append(of)):
            sweep(pow, [{"base": 2, "exp": 3}], workers=1)
        assert not (tmp_path / "outer").exists()
        sweep(pow, [{"base": 2, "exp": 5}], workers=1)
    assert inner == outer == [(1, 1)]
    assert (tmp_path / "inner").is_dir()
    assert (tmp_path / "outer").is_dir()


def test_all_cores_are_the_default(monkeypatch):
    import joblib

    asked = []

    class Spy(joblib.Parallel):
        def __init__(self, n_jobs, **options):
            asked.append(n_jobs)
            super().__init__(n_jobs=1, **options)

    monkeypatch.setattr(joblib, "Parallel", Spy)
    monkeypatch.setattr(joblib, "effective_n_jobs", lambda workers: 4 if workers == -1 else workers)
    many = [{"base": 2, "exp": 3}] * 6
    assert sweep(pow, many) == [8] * 6
    assert sweep(pow, many, workers=3) == [8] * 6
    assert sweep(pow, many[:2]) == [8] * 2  # no more processes than jobs
    assert sweep(pow, []) == []
    assert asked == [4, 3, 2, 1]


WORKERS = """
import os, sys, time
from deeplinear.sweep import sweep
def work(number):
    with open(f"{sys.argv[1]}/{os.getpid()}", "w"):
        time.sleep(60)
sweep(work, [{"number": n} for n in range(2)], workers=2)
"""


def running(process):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_the_process_that_started_them(tmp_path, how):
    main = subprocess.Popen([sys.executable, "-c", WORKERS, str(tmp_path)], stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 60
    while len(workers := [int(file.name) for file in tmp_path.iterdir()]) < 2 and time.monotonic() < limit:
        time.sleep(0.1)
    assert len(workers) == 2
    assert main.pid not in workers
    main.send_signal(how)
    main.wait(30)
    limit = time.monotonic() + 20
    while any(map(running, workers)) and time.monotonic() < limit:
        time.sleep(0.1)
    assert not any(map(running, workers))


def test_kept_pieces_are_no_pickles(tmp_path):
    """A file of another, or a pickle, in the place of a piece is not believed and not run."""
    import pickle

    done, kept = tmp_path / "done", tmp_path / "kept"
    done.mkdir()
    with setting(folder=kept):
        first = sweep(recorded, jobs(done, 2), workers=1)
    one, two = sorted(kept.iterdir())
    for content in (pickle.dumps({"square": np.array([7])}), two.read_bytes(), b""):
        one.write_bytes(content)
        with setting(folder=kept):
            assert [int(r["square"][0]) for r in sweep(recorded, jobs(done, 2), workers=1)] == [0, 1]
    assert len(list(done.iterdir())) == 5
    assert [int(r["square"][0]) for r in first] == [0, 1]


def tuples(n):
    """A result of every kind that is kept."""
    from deeplinear.task.left_out import LeftOut

    return {("a", n): [np.arange(n), np.float32(0.1), None, True, "Σ"], "b": (LeftOut(1, "x", "constant"), 1.5, {})}


def test_results_come_back_as_they_were(tmp_path):
    with setting(folder=tmp_path):
        first, again = (sweep(tuples, [{"n": 3}], workers=1)[0] for _ in range(2))
    assert len(list(tmp_path.iterdir())) == 1
    assert repr(first) == repr(again)
    assert type(again["b"][0]).__name__ == "LeftOut"
    assert again["a", 3][1].dtype == np.float32


def test_a_worker_of_another_machine_is_left_alone():
    """The process number of a sender elsewhere says nothing here: such a worker must go on."""
    code = "import time; from deeplinear.sweep.orphans import end_with; end_with(4_000_000); time.sleep(1.2); print('alive')"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "alive\n"
