"""Hand-out, confirmation, disputes, redelivery."""
