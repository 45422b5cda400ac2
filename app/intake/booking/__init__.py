"""From lines to orders and back."""
