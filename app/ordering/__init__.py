"""Cycles, household orders and the nine stages of a unit."""
