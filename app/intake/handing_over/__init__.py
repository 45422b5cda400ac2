"""Lines that another service point covers, handed over and back."""
