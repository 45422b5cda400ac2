"""Set-up and upkeep of one installation: install, check, serve, back up, restore."""
