"""Reading addresses: characters → numbers with their level words → readings → one household of the register."""
