"""What may stand in for what is short, and putting it there."""
