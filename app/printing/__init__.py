"""Paper: one engine, one frozen context per sheet."""
