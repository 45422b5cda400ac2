"""The door PIN as leader and captain give it."""
