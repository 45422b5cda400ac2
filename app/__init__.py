"""Louda: supplies and contactless delivery for households that isolate at home."""
