"""Order workbooks: read, and made for a point to fill in."""
