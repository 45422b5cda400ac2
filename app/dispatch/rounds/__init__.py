"""Published rounds: loaded, sent, signed for, and what changes on the way."""
