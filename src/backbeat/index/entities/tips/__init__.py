"""Handlers of what receivers say to tips."""
