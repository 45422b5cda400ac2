"""Orders that come as a file: all rows or none."""
