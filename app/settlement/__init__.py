"""Statements, payments and refunds."""
