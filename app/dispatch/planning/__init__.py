"""The plan of a wave: the problem stated, solved, judged, stored."""
