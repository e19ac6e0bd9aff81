"""Files of arrays: npz, npy, mat and IDX; every size is checked before anything is allocated, and pickles are never opened."""

from deeplinear.data.arrays.files import holds_arrays
from deeplinear.data.arrays.read import read_arrays

__all__ = ["holds_arrays", "read_arrays"]
