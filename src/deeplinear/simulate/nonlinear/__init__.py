"""Training networks with any activation, optimiser and loss: what is trained, how, and what comes back."""
