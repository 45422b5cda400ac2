"""Receipts, lots, release gate, donations, counts."""
