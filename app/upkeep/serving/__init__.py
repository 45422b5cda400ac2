"""Web server, worker and what watches them."""
