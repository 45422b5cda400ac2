"""Rounds: plan, publish, load, drop off."""
