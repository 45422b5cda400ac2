"""One module for each kind of table of the register."""
