"""The point's desk: everything to do before the tally is signed."""
