"""Sample means against theory."""

import numpy as np


def assert_within_errors(samples, expected, *, errors=5.0):
    """Mean of the samples, first axis, within so many standard errors; refuses samples too few to tell."""
    samples = np.asarray(samples)
    assert len(samples) >= 8
    deviation = np.abs(samples.mean(axis=0) - expected)
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    assert (deviation <= errors * error + 1e-12).all(), (deviation / np.maximum(error, 1e-300)).max()
