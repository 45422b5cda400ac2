"""Closed-loop page, dashboard, audit and purge."""
