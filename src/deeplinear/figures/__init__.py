"""The figures of Saxe, McClelland & Ganguli 2014 (arXiv:1312.6120), and one beyond, each computed, checked and drawn.

A figure is a module with ``PAPER`` and ``QUICK`` parameters, ``compute(**parameters)`` which returns arrays,
``claims(data)`` which holds them against the paper, and ``draw(data, figure)``, on a figure of ``SIZE`` inches.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from types import ModuleType

from deeplinear.figures.claim import Claim

__all__ = ["FIGURES", "Claim"]


class Figures(Mapping[str, ModuleType]):
    """Figures by name; a module loads when it is first asked for.

    Example:
        >>> from deeplinear.figures import FIGURES
        >>> list(FIGURES)
        ['fig2', 'fig3', 'fig4', 'fig5', 'fig6a', 'fig6bc', 'fig7', 'fig8', 'gains']
    """

    NAMES = ("fig2", "fig3", "fig4", "fig5", "fig6a", "fig6bc", "fig7", "fig8", "gains")

    def __repr__(self) -> str:
        return f"Figures({', '.join(self.NAMES)})"

    def __getitem__(self, name: str) -> ModuleType:
        if name not in self.NAMES:
            raise KeyError(name)
        return importlib.import_module(f"deeplinear.figures.{name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.NAMES)

    def __len__(self) -> int:
        return len(self.NAMES)


FIGURES = Figures()
