"""Hours in which each kind of team may be on the road."""
