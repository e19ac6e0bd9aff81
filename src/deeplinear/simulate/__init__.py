"""What gradient descent does: discrete descent at any width, gradient flow, mini-batches."""
