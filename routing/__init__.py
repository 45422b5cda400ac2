"""Rounds for teams that carry goods to buildings.

State a `RoutingProblem`, `solve` it to a `RoutePlan`, `check` the plan independently.
"""

from routing.check import check
from routing.model import RoutingProblem
from routing.plan import RoutePlan
from routing.solve import solve

__all__ = ["RoutePlan", "RoutingProblem", "check", "solve"]
