"""What is done to every request and response before and after the pages see it."""
