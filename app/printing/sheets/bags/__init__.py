"""Sheets about bags: labels, bag lists, hand-out lists."""
