"""Singular values of long products of matrices, measured to full relative accuracy, and Gaussian products, sampled."""
