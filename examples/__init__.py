"""Applications to try; each tells how to run it."""
