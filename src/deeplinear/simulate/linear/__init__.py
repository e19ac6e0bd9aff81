"""Descent of deep linear networks: discrete steps at any width, mini-batches, and gradient flow."""
