"""Which bags are on a round that is being loaded."""
