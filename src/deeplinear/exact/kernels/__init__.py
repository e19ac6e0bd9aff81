"""The tangent kernel: what it is at any moment, where it ends, and how far a start is from rich or lazy learning."""
