"""What comes in: forms, tables that people bring, and their plans; a clear sentence for whatever cannot be read."""
