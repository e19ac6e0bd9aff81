"""The end-to-end Jacobian of networks too wide to write it down: only ``J v`` and ``Jᵀ u`` are ever formed."""
