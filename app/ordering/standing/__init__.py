"""Standing orders, booked when a cycle opens."""
