"""The tangent kernel during learning: how far it moves, how early it aligns, and whether a start learns richly or lazily.

`regime` judges a start and returns a `Regime`; `kernel_distance` compares kernels at two moments; `silent_alignment` measures
how far the kernel aligns before the loss falls. The kernel itself is in `deeplinear.exact.ntk`.
"""

from deeplinear.kernels import kernel_distance, silent_alignment
from deeplinear.kernels.rich_lazy import Regime, regime

__all__ = ["Regime", "kernel_distance", "regime", "silent_alignment"]
