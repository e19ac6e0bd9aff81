"""Where tasks come from."""

from deeplinear.data.category import CategoryMode, category, category_mode
from deeplinear.data.cluster import cluster, cluster_spectrum
from deeplinear.data.digits import digits, load_digits
from deeplinear.data.field import field, field_spectrum
from deeplinear.data.files import from_file, from_frame, load_file
from deeplinear.data.hierarchy import hierarchy, hierarchy_examples, hierarchy_spectrum
from deeplinear.data.mnist import load_mnist, mnist
from deeplinear.data.ordering import ordering, ordering_spectrum
from deeplinear.data.ring import ring, ring_spectrum
from deeplinear.data.semantic import load_semantic, semantic
from deeplinear.data.tree import tree, tree_spectrum

__all__ = [
    "CategoryMode",
    "category",
    "category_mode",
    "cluster",
    "cluster_spectrum",
    "digits",
    "field",
    "field_spectrum",
    "from_file",
    "from_frame",
    "hierarchy",
    "hierarchy_examples",
    "hierarchy_spectrum",
    "load_digits",
    "load_file",
    "load_mnist",
    "load_semantic",
    "mnist",
    "ordering",
    "ordering_spectrum",
    "ring",
    "ring_spectrum",
    "semantic",
    "tree",
    "tree_spectrum",
]
