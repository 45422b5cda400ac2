"""Ruin and recreate in compiled code: slack induction by string removals over arrays.

After J. Christiaens and G. Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54(2), 2020, extended to several rounds per vehicle, several windows per stop, releases,
zones, optional stops and durations. Every feasibility check is O(1), by joining segments (see `segments`).
"""
