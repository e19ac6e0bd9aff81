"""Each figure is computed once in a process, for all tests that look at it."""

from functools import cache

from matplotlib.figure import Figure

from deeplinear.figures import FIGURES

SMALLER = {
    "fig2": {"grid": 9, "points": 45, "duration": 9.0},
    "fig3": {"seeds": 6},
}


@cache
def computed(name):
    """Arrays of a figure at quick scale or below; not to be written to."""
    module = FIGURES[name]
    data = module.compute(**module.QUICK | SMALLER.get(name, {}))
    for array in data.values():
        array.setflags(write=False)
    return data


def panels(name):
    """All axes of the drawing, insets after their own axes."""
    module = FIGURES[name]
    figure = Figure(figsize=module.SIZE, layout="constrained")
    module.draw(computed(name), figure)
    return [panel for axes in figure.axes for panel in (axes, *axes.child_axes)]
