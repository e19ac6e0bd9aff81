"""Generalisation: what a network learns from noisy data, beyond the data."""
