"""Pick lists, bags and labels."""
