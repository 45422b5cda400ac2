"""Languages, label paper and printer offsets of a subdistrict."""
