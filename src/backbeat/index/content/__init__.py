"""What tracks and playlists have in common: gates, prices, release dates, permalinks; and contests about tracks."""
