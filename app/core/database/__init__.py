"""How the database is reached: engines, and whose turn it is to write."""
