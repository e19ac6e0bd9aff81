"""Progress of a figure that is computed in one process: whoever watches is told of each finished part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from deeplinear import sweep

Part = TypeVar("Part")


def watched(parts: Iterable[Part], total: int) -> Iterator[Part]:
    """Each part in turn; when the next one is asked for, the watcher of `deeplinear.sweep.setting` hears of one more.

    Args:
        parts: what is worked on, or finished, one after another.
        total: how many there are.
    """
    watch = sweep.SETTING.get().watch
    for done, part in enumerate(parts, 1):
        yield part
        watch(done, total)
