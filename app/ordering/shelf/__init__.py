"""What a cycle lists on its order forms, kept in the web process from one change to the next."""
