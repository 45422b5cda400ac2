"""Who gets what when something is short."""
