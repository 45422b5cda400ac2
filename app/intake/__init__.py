"""Orders that arrive as text or workbooks."""
