"""A building that gets another service point while it has orders under way."""
