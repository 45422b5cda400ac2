"""An invented subdistrict and its days: what a newcomer sees first, and the whole loop without a browser."""
