"""Render processes: started, fed, killed, and what they have rendered already."""
