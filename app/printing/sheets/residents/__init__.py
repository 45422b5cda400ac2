"""Paper that residents read."""
