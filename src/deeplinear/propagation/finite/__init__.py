"""Jacobians of finite networks: every singular value, or, matrix-free, their ends, moments and density."""
