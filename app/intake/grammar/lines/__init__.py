"""From a pasted text to its entries: lines, headings, quotes, talk."""
