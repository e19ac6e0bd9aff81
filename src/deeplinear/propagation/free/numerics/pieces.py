"""A law tabulated from its cells, one interval of its support after the other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.propagation.free.numerics.cells import Cells
from deeplinear.propagation.free.numerics.continuation import Curve, Here
from deeplinear.propagation.free.numerics.curve import Spectral
from deeplinear.propagation.free.numerics.interval import Interval, Piece
from deeplinear.propagation.free.numerics.panels import TO_SERIES, T, at_end, from_left, from_right
from deeplinear.propagation.free.numerics.table import Table

if TYPE_CHECKING:
    from deeplinear.arrays import Array

WHOLE = 1e-5  # what may be missing of the whole


def tabulate_cells(law: Spectral, rows: Cells, name: str, expected: float) -> Table:
    """Intervals of the support, until together they hold the whole law.

    Raises:
        ValueError: they do not.
    """
    curve, pieces, found = Curve(law, rows), list[Piece](), 0.0
    starts, more = curve.inside(), list[Here]()
    while found < expected - WHOLE and (here := more.pop() if more else next(starts, None)) is not None:
        if any(each.low <= here.log_x.real <= each.high for each in pieces):
            continue
        try:
            (up, high), (down, low) = curve.reach(here, 1), curve.reach(here, -1)
            pieces.append(Interval(curve, down[::-1] + up[1:], low, high).panels())
        except ArithmeticError:
            continue
        found = sum(beyond(each)[2] for each in pieces)
        for last, end in ((up[-1], high), (down[-1], low)):
            if end is not None and (there := curve.across(last, end)) is not None:
                more.append(there)
    if abs(found - expected) > WHOLE:
        places = ", ".join(f"ln x from {each.low:.6g} to {each.high:.6g}" for each in pieces) or "nowhere"
        raise ValueError(
            f"{name} needs a density whose every part is found, got {law!r}: parts of share {found:.9f} instead of "
            f"{expected:.9f} were found ({places}). Gaussian weights, or slightly different variances, may do; moments do not "
            f"need the density, and are right."
        )
    return join(sorted(pieces, key=lambda piece: piece.low), expected, found)


def beyond(piece: Piece) -> tuple[float, float, float]:
    """Shares of the law below and above the panels of a piece, where they are powers, and of all of it."""
    half = np.diff(piece.edges)[:, None] / 2
    flow = piece.slope * piece.density
    (first, rate), (last, rate_up) = lowest(piece, flow), at_end(flow[-1], half[-1, 0], 1.0)
    below, above = first / rate if rate > 0 else 0.0, -last / rate_up if rate_up < 0 else 0.0
    return below, above, below + above + float((from_left(flow, half, 0.0) + from_right(flow, half, 0.0))[0, 0])


def lowest(piece: Piece, values: Array) -> tuple[float, float]:
    """Value and logarithmic slope at the lower end; where the density fades, which ends in rounding, of a straight line.

    It has faded over the whole way down, so that it falls no more slowly than that.
    """
    half = float(piece.edges[1] - piece.edges[0]) / 2
    if np.isfinite(piece.low):
        return at_end(values[0], half, -1.0)
    slope, middle = np.polyfit(T, np.log(values[0]), 1)
    return float(np.exp(middle - slope)), max(float(slope) / half, 1 / float(piece.edges[-1] - piece.edges[0]))


def join(pieces: list[Piece], expected: float, found: float) -> Table:
    """One table of all pieces, from the lowest up; y goes on from one to the next."""
    low, high, below = pieces[0].low, pieces[-1].high, 0.0
    columns, missing, left = [], expected - found, beyond(pieces[0])[0]
    tail = missing if np.isinf(low) and -0.9 * left < missing < 3 * left else 0.0  # it is known better than the power
    scale = expected / (found + tail)
    for piece in pieces:
        half, flow = np.diff(piece.edges)[:, None] / 2, piece.slope * piece.density * scale
        less, more, total = (each * scale for each in beyond(piece))
        if piece is pieces[0]:
            less, total = less + tail, total + tail
        lower = np.maximum(from_left(flow, half, below + less), 1e-30)  # where rounding is rough
        upper = np.maximum(from_right(flow, half, max(expected - below - total, 0.0) + more), 1e-30)
        depth = piece.depth + (high - piece.high)
        height = piece.height if piece is pieces[0] else piece.high - piece.depth - low
        height = height if np.isfinite(low) else np.ones_like(depth)
        columns.append([depth, height, lower, upper, piece.density * scale, piece.slope])
        below += total
    series = np.array([np.log(np.concatenate(each)) @ TO_SERIES.T for each in zip(*columns, strict=True)])
    edges = pieces[-1].edges  # as they are: y has the digits where most of a long law lies
    for piece in pieces[-2::-1]:
        edges = np.concatenate([piece.edges[:-1] - piece.edges[-1] + edges[0], edges])
    gaps = tuple((one.high, other.low) for one, other in pairwise(pieces))
    return Table(
        edges,
        np.ascontiguousarray(np.moveaxis(series, 0, -1)),
        high,
        low,
        expected,
        *ends(pieces, tail / left if left else 0.0),
        gaps,
    )


def ends(pieces: list[Piece], more: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Slopes in y, beyond the outermost panels, of ``ln (d ln x/dy)`` and of ``ln`` of the shares: ``(lower, upper)`` each.

    ``more`` is by how much the lowest share exceeds that of a power of x, relative.
    """
    (first, last), out = (pieces[0], pieces[-1]), []
    for power in (0, 1):
        low = lowest(first, first.slope * first.density**power)[1]
        high = at_end((last.slope * last.density**power)[-1], np.diff(last.edges)[-1] / 2, 1.0)[1]
        out.append((low, high))
    (bend, bend_up), (rate, rate_up) = out
    rate_up = rate_up if rate_up < 0 else bend_up  # of a density that faded, and ends where it is rounding
    return (bend if np.isfinite(first.low) else 0.0, bend_up), (rate / (1 + more), rate_up)
