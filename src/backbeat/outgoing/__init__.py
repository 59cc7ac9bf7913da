"""HTTP to other programs: bounded in time and bytes, whatever they answer."""
