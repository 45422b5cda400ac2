"""Claims that doors left, settled by leader or captain before the tally is signed."""
