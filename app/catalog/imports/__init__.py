"""Tables of the catalogue brought in: first what would change, then all or nothing."""
