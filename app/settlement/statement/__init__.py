"""One household's statement."""
