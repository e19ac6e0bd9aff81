"""Free probability of Jacobians: the laws of their squared singular values at any depth, and their limits."""
