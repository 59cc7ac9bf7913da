"""Thirty days with every job on, in simulated time."""
