"""Backups, restores, and which backups may go."""
