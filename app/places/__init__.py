"""Where: registry of communities, compounds, buildings, households, zones, captains."""
