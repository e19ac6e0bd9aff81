"""Reads generated and damaged files of every format, and counts what was read, refused in our words, or went wrong.

    python -m tests.fuzz.files --count 100000 --seed 0 --out faults

A fault is an exception that is not a ``ValueError`` or ``OSError`` in our own words, a warning, a case over ten seconds or over a GiB
of memory, a NaN or infinity that was let through, a crash of the interpreter, or a file that is right and was read wrong or refused.
Every case is drawn from the seed and its own number, so that ``--first N --count 1`` repeats it; its files are kept in the folder.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tests.fuzz.cases import GENERATORS, Case

SECONDS = 10.0
MEMORY = 1024  # MiB that a case may add to what is resident
ADDRESSES = 8 << 30  # bytes of address space of a process; libraries reserve more than they use
CHUNK = 1000  # cases in one process: a crash costs no more than the process, and is found
WORDS = re.compile(r"^(load_file|from_file|Task\.from_data) needs ")
LONGEST = 2000  # characters of a message


class TooLongError(BaseException):
    """Raised by the alarm; no ``except Exception`` may catch it."""


class Outcome(NamedTuple):
    """What became of a case: ``read``, ``refused``, or a fault with its detail."""

    verdict: str
    detail: str = ""


def ring(*_: object) -> None:
    """Handler of the alarm."""
    raise TooLongError


def resident(field: str) -> float:
    """MiB of memory of this process, now (``VmRSS``) or at most (``VmHWM``); 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0


def forget_peak() -> None:
    """Let the peak of memory start anew, where the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def limit_address_space() -> None:
    """Let what asks for far too much memory fail at once, where the system can limit it."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))


def attempt(case: Case, folder: Path) -> Outcome:
    """Write the files of a case, read them, and judge."""
    from deeplinear.data import from_file, load_file

    for name, content in case.files.items():
        (folder / name).write_bytes(content)
    path = folder / next(iter(case.files))
    options = {
        key: str(folder / value) if key == "y" and value in case.files else value for key, value in case.options.items()
    }
    forget_peak()
    before = resident("VmRSS")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            x, y = load_file(path, **options)
            outcome = judge(case, x, y)
            if outcome.verdict == "read" and case.task:
                outcome = judge_task(from_file(path, **options, inputs=case.task))
        except TooLongError:
            outcome = Outcome("hang", f"over {SECONDS} s")
        except (ValueError, OSError) as error:
            outcome = judge_words(case, error)
        except Exception as error:
            outcome = Outcome(f"foreign {type(error).__name__}", place_of(error))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    grown = resident("VmHWM") - before
    if grown > MEMORY:
        outcome = Outcome("memory", f"{grown:.0f} MiB")
    if said:
        outcome = Outcome(
            f"warning {said[0].category.__name__}",
            f"{said[0].message} ({Path(said[0].filename).name}:{said[0].lineno})"[:200],
        )
    return outcome


def judge(case: Case, x: np.ndarray, y: np.ndarray) -> Outcome:
    """Whether what was read is finite, and right where that is known."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return Outcome("silent NaN or infinity")
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or x.dtype != np.float64 or y.dtype != np.float64:
        return Outcome("wrong", f"shapes {x.shape}, {y.shape}, types {x.dtype}, {y.dtype}")
    wrong = case.check(x, y) if case.check else ""
    return Outcome("wrong", wrong) if wrong else Outcome("read")


def judge_task(task: object) -> Outcome:
    """Whether the numbers of a task are finite."""
    for name in ("input_correlation", "input_output_correlation", "output_power", "optimum", "floor"):
        if not np.isfinite(getattr(task, name)).all():
            return Outcome("silent NaN or infinity", f"Task.{name}")
    return Outcome("read")


def judge_words(case: Case, error: Exception) -> Outcome:
    """Whether a refusal is one line in our own words, and due."""
    text = str(error)
    if not WORDS.match(text):
        return Outcome(f"foreign {type(error).__name__}", place_of(error))
    if not text.isprintable() and re.search(r"[\r\n]", text):
        return Outcome("message of several lines", text[:200])
    if len(text) > LONGEST:
        return Outcome("message too long", f"{len(text)} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Outcome("message cannot be printed", ascii(text)[:200])
    if case.right and text.startswith("load_file"):
        return Outcome("refused what is right", text[:300])
    return Outcome("refused")


def place_of(error: BaseException) -> str:
    """Where an exception came from, and the begin of its message."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.name}: {re.sub('[0-9]+', 'N', str(error))[:100]}"


def make(seed: int, number: int, kinds: list[str]) -> Case:
    """The case of that number."""
    rng = random.Random(f"{seed}/{number}")
    return GENERATORS[kinds[number % len(kinds)]](rng)


def run(seed: int, first: int, count: int, kinds: list[str], out: Path | None = None) -> dict[str, dict[str, int]]:
    """Cases one after another in this process: counts of verdicts by kind."""
    counts: dict[str, collections.Counter[str]] = {kind: collections.Counter() for kind in kinds}
    usual = signal.signal(signal.SIGALRM, ring)
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    try:
        for number in range(first, first + count):
            case = make(seed, number, kinds)
            kind = kinds[number % len(kinds)]
            if out is not None:
                (out / "running").write_text(str(number))
            outcome = attempt(case, folder)
            counts[kind][outcome.verdict] += 1
            if outcome.verdict not in ("read", "refused"):
                keep(out, kind, number, outcome, case)
            for name in case.files:
                (folder / name).unlink(missing_ok=True)
    finally:
        signal.signal(signal.SIGALRM, usual)
        shutil.rmtree(folder, ignore_errors=True)
    return {kind: dict(found) for kind, found in counts.items()}


def keep(out: Path | None, kind: str, number: int, outcome: Outcome, case: Case) -> None:
    """Store the files of a fault and what it was."""
    sys.stderr.write(f"{kind} {number}: {outcome.verdict}: {outcome.detail}\n")
    if out is None:
        return
    folder = out / f"{kind}-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in case.files.items():
        (folder / name).write_bytes(content)
    (folder / "fault.txt").write_text(f"{outcome.verdict}\n{outcome.detail}\n{case.options!r}\n", encoding="utf-8")


def main() -> int:
    """All cases, in processes of `CHUNK` each; exit code 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=list(GENERATORS), choices=list(GENERATORS))
    parser.add_argument("--out", type=Path, default=Path("faults"))
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.out = asked.out.resolve()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.child:
        limit_address_space()
        sys.stdout.write(json.dumps(run(asked.seed, asked.first, asked.count, asked.kinds, asked.out)) + "\n")
        return 0
    begun, total = time.perf_counter(), {kind: collections.Counter() for kind in asked.kinds}
    first, end = asked.first, asked.first + asked.count
    while first < end:
        count = min(CHUNK, end - first)
        found, first = run_child(asked, first, count)
        for kind, verdicts in found.items():
            total[kind].update(verdicts)
        (asked.out / "counts.json").write_text(json.dumps({"next": first} | total))
    lines = [f"seed {asked.seed}: {asked.count} inputs in {time.perf_counter() - begun:.0f} s"]
    for kind, verdicts in [*total.items(), ("all", sum(total.values(), collections.Counter()))]:
        faults = {name: n for name, n in verdicts.items() if name not in ("read", "refused")}
        counts = f"tried {verdicts.total():7}  read {verdicts['read']:7}  refused {verdicts['refused']:7}"
        lines.append(f"{kind:8} {counts}  faults {sum(faults.values())} {faults or ''}".rstrip())
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if faults else 0


def run_child(asked: argparse.Namespace, first: int, count: int) -> tuple[dict[str, dict[str, int]], int]:
    """Cases in a process of their own; where it dies, the case that killed it is a fault, and the rest goes on after it.

    Returns:
        Counts of verdicts by kind, and the first case that is still to be done.
    """
    command = [sys.executable, "-m", "tests.fuzz.files", "--child", "--seed", str(asked.seed), "--first", str(first)]
    command += ["--count", str(count), "--out", str(asked.out), "--kinds", *asked.kinds]
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60 + 2 * count,
            cwd=Path(__file__).parents[2],
        )
        code = done.returncode
        if code == 0:
            return json.loads(done.stdout.splitlines()[-1]), first + count
    except subprocess.TimeoutExpired:
        code = "no end"
    number = int((asked.out / "running").read_text())
    kind = asked.kinds[number % len(asked.kinds)]
    keep(asked.out, kind, number, Outcome(f"crash {code}"), make(asked.seed, number, asked.kinds))
    found = run_child(asked, first, number - first)[0] if number > first else {}
    found = {each: dict(found.get(each, {})) for each in asked.kinds}
    found[kind][f"crash {code}"] = found[kind].get(f"crash {code}", 0) + 1
    return found, number + 1


if __name__ == "__main__":
    sys.exit(main())
