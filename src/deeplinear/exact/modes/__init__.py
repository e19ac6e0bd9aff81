"""Decoupled networks: every mode of the task moves by itself, so a law is a function of one mode."""
