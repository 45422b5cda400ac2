"""Sheets that travel with a team."""
