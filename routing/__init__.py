"""Rounds for teams that carry goods to buildings: state a `Problem`, `solve` it to a `Plan`, `check` the plan
independently.
"""

from routing.check import check
from routing.model import Problem
from routing.plan import Plan
from routing.solve import solve

__all__ = ["Plan", "Problem", "check", "solve"]
