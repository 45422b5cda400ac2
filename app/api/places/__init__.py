"""Where people live and what is in the catalogue, to be read."""
