"""Tables of the register: which columns each kind has, what a row means, and what bringing it in would change."""
