"""Builders of sheet contexts from the database, read only."""
