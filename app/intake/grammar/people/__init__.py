"""Who and where: nicknames, rooms, telephones, names of places."""
