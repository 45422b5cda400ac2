"""The roll call: which household was asked, and how it ended."""
