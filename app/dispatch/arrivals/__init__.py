"""What came to a building, counted by whoever stands there."""
