"""Confirming the date after the clock was in doubt."""
