"""Free packs for every household of a scope."""
