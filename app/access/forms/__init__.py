"""Submitted forms: they take effect once, and a refused one comes back with what was typed."""
