"""What an installation needs from the system: packages, fonts, secrets."""
