"""A plan adjusted by hand before it is published."""
