"""Goods in the house: write-offs, counts, goods sent back or carried over."""
