"""Point tally and roll call."""
