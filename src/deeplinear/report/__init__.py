"""The paper's figures and claims, written to a folder and to the terminal."""
