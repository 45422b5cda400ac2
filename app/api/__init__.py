"""JSON interface over the same commands."""
