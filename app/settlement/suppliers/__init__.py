"""Reconciliation with suppliers."""
