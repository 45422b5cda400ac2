"""Drills: long trials of what must hold, each a command of `louda drill`."""
