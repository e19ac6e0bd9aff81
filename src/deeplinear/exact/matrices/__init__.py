"""Networks whose modes mix: a law moves whole matrices."""
