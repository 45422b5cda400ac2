"""The goods of an entry: names, quantities, variants."""
