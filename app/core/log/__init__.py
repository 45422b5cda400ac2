"""Seals of the event log."""
