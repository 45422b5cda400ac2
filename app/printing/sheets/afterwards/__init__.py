"""Sheets after the day: money, exceptions."""
