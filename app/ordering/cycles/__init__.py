"""Supply cycles: created, opened, locked, closed, and the lists of their orders."""
