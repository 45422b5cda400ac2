"""Bags that could not be found when they were counted."""
