"""The telephone desk: orders on behalf of households."""
