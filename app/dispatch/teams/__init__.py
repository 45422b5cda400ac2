"""Teams, their members and shifts."""
