"""Plans, rounds, stops and doors."""
