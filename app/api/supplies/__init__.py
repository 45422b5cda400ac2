"""Buying, receiving, allocating and packing."""
