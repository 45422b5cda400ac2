"""Demand to packs to purchase orders."""
