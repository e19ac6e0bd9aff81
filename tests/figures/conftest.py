"""Each figure is computed once in a process, for all tests that look at it."""

from functools import cache

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
