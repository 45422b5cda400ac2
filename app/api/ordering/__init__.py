"""Cycles, what they offer, and the orders of households."""
