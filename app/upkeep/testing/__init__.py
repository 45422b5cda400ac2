"""The commands behind `louda test` and the part on PostgreSQL."""
