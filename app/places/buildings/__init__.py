"""Buildings: facts, stairwells, rooms, captains, times without delivery, the service point they belong to."""
