"""Pages of service points."""
