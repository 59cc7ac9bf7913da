"""Handlers of playlists and albums."""
