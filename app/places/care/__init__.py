"""The care list: who is called first, and what a door should know."""
