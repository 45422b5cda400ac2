"""The log, from a cursor on."""
