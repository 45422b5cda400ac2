"""What: items, aliases, bundles, suppliers and pack sizes."""
