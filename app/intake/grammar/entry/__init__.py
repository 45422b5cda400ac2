"""One entry: whose it is, what it changes, what it withdraws."""
