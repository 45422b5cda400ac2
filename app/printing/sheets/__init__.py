"""Frozen contexts, one module per sheet; templates see nothing else."""
