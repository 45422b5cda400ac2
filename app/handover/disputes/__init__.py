"""Complaints of households, seen and answered."""
