"""What is kept about people, and until when."""
