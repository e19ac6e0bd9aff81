"""Where a picture goes: axes that the caller has, or the current ones; and a picture inside a notebook's cell."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Any

from deeplinear.messages import shown


def axes_or_current(ax: Any) -> Any:
    """These matplotlib axes, or the current ones of pyplot where None was given; no global style is touched.

    Raises:
        TypeError: something that cannot be drawn on.
    """
    if ax is not None:
        if not callable(getattr(ax, "plot", None)):
            raise TypeError(
                f"plot needs matplotlib axes, got ax={shown(ax)}: it draws on them. Leave ax out for the current axes, or pass "
                f"those of plt.subplots()."
            )
        return ax
    import matplotlib.pyplot as plt

    return plt.gca()


def html_picture(draw: Callable[[Any], Any], *, width: float = 4.2, height: float = 2.6) -> str:
    """An HTML image of what ``draw`` draws on axes; width and height in inches."""
    from matplotlib.figure import Figure

    figure, content = Figure(figsize=(width, height), layout="constrained"), io.BytesIO()
    draw(figure.subplots())
    figure.savefig(content, dpi=110, format="png", metadata={"Software": None})
    return f'<img alt="picture" src="data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}">'


def html_table(columns: dict[str, list[Any]]) -> str:
    """An HTML table; numbers with four significant digits."""
    cells = [[f"{x:.4g}" if isinstance(x, float) else str(x) for x in column] for column in columns.values()]
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in zip(*cells, strict=True)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
