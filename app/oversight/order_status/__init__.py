"""What became of one household's order."""
