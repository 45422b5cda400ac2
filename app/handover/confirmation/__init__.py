"""Confirmed by the household, by its captain, or by silence."""
