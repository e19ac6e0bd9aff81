"""Gradient descent: ``linear`` for deep linear networks, ``nonlinear`` for any activation, optimiser and loss."""
