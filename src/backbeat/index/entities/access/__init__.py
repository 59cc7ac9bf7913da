"""Handlers of apps, of grants to act for a user, and of keys to email addresses."""
