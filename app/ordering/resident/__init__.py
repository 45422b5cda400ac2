"""The resident's own pages: in through the poster, order, amend, the phones that remember."""
