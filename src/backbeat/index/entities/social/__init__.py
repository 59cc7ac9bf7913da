"""Handlers of what users do to each other and to tracks and playlists: follow, subscribe, mute, save, repost, share."""
