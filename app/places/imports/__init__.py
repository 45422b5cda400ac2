"""Tables of the register brought in: first what would change, then all or nothing."""
