"""Claiming jobs, ahead of those that run them, and a pool's other statements."""
