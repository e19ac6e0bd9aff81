"""Where tasks come from."""

from deeplinear.data.digits import digits, load_digits
from deeplinear.data.files import from_file, load_file
from deeplinear.data.hierarchy import hierarchy, hierarchy_examples, hierarchy_spectrum
from deeplinear.data.mnist import load_mnist, mnist
from deeplinear.data.semantic import semantic

__all__ = [
    "digits",
    "from_file",
    "hierarchy",
    "hierarchy_examples",
    "hierarchy_spectrum",
    "load_digits",
    "load_file",
    "load_mnist",
    "mnist",
    "semantic",
]
