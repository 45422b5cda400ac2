"""The walk from door to door in one building."""
