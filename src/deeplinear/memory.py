"""How much memory there is, and a sentence where a call would need more: estimates come before allocations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

SMALL = 64 * 2**20  # bytes for which nobody needs to ask
SHARE = 0.9  # of the memory available that one call may fill
GROUPS = (  # where Linux says what a group of processes may use: version 2, then version 1
    ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def require_memory(function: str, needed: float, what: str, remedy: str) -> None:
    """Refuse a call whose arrays would not fit.

    Args:
        function: of the user, as in all messages.
        needed: bytes at the peak of the call, beyond its arguments.
        what: what fills them, such as ``"correlations of 30000 inputs"``.
        remedy: a sentence that says what to do instead.

    Raises:
        ValueError: more than there is, with both numbers.
    """
    if needed > SMALL and needed > SHARE * (there := available_memory()):
        raise ValueError(
            f"{function} needs {in_words(needed)} of memory for {what}, got {in_words(there)} available: it would not fit. "
            f"{remedy}"
        )


def in_words(size: float) -> str:
    """Bytes for people, three digits: ``"74.5 GiB"``.

    Example:
        >>> in_words(80e9), in_words(3 * 2**20), in_words(2.0**64)
        ('74.5 GiB', '3 MiB', '1.72e+10 GiB')
    """
    return f"{size / 2**30:.3g} GiB" if size >= 2**30 else f"{size / 2**20:.3g} MiB"


def available_memory(root: Path = Path("/")) -> float:
    """Bytes that this process may still take: of the machine, of its group (containers) and of its own limits.

    Args:
        root: of the file system whose ``proc`` and ``sys`` are read.
    """
    return max(0.0, min([machine(root), *groups(root), *limits(root)]))


def machine(root: Path) -> float:
    """Free memory and caches of the machine; all of its memory where the system does not say; infinite where it says nothing."""
    for line in lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return 1024.0 * float(line.split()[1])
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return float("inf")


def groups(root: Path) -> Iterator[float]:
    """What the process's control group and each group above it have left; caches of files count as free."""
    own = [line.rsplit(":", 1)[-1].strip("/") for line in lines(root / "proc/self/cgroup")]
    for place, limit, usage, cached in GROUPS:
        top = root / place
        for path in own or [""]:
            for folder in (top / path, *(top / path).parents):
                if not folder.is_relative_to(top):
                    break
                most, used = number(folder / limit), number(folder / usage)
                if most is not None and used is not None:
                    kept = [line.split()[1] for line in lines(folder / "memory.stat") if line.startswith(f"{cached} ")]
                    yield most - used + sum(map(float, kept))


def limits(root: Path) -> Iterator[float]:
    """What ``ulimit -v`` and ``ulimit -d`` leave."""
    try:
        import resource
    except ImportError:  # Windows
        return
    sizes = dict(line.split(":", 1) for line in lines(root / "proc/self/status") if ":" in line)
    for name, field in (("RLIMIT_AS", "VmSize"), ("RLIMIT_DATA", "VmData")):
        most = resource.getrlimit(getattr(resource, name))[0]
        if most != resource.RLIM_INFINITY:
            yield most - 1024.0 * float(sizes.get(field, "0").split()[0])


def lines(path: Path) -> list[str]:
    """Lines of a small file; none where it is missing."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def number(path: Path) -> float | None:
    """A number in a file; None where there is none, as for ``max``."""
    try:
        return float(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
