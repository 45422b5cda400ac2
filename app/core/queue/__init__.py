"""How workers come by jobs: taken fairly, kept alive, told of at once, and what only one of them does."""
