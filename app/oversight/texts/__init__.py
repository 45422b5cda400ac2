"""Texts ready to paste into the groups of buildings."""
