"""The closing equations E1 to E11, counted."""
