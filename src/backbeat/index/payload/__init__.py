"""What a payload says, read into values that columns hold. Nothing here knows a transaction or a row."""
