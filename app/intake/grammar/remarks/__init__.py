"""Remarks inside an order."""
