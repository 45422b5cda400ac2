"""Orders left at a door that did not open, until somebody has called."""
