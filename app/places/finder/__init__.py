"""Finding one household by what is said on the telephone."""
