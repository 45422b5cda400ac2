"""Paper that goes out and comes back."""
