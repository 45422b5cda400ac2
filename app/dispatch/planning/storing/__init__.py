"""A plan that was found is stored: with the planner and its numbers, which the pages of rounds never load."""
