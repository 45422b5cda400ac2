"""What other systems are told by themselves: signed, retried, codes only."""
