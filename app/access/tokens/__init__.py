"""Tokens of programs: what an account lets a program do in its name through the JSON API."""
