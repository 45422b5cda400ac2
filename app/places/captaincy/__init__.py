"""What a building captain says of herself: the number of the day."""
