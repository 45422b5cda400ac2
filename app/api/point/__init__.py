"""Chains and tallies: what a point brings in and signs."""
