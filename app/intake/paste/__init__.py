"""Pasted lists and files read line by line, before anything is ordered."""
