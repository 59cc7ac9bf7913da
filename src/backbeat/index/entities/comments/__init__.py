"""Handlers of comments."""
