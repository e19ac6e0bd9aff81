"""The shape of the loss around the path of learning, and how large a step it allows."""
