"""How long an errand may wait for its next answer, and whether it is late.

A resident who asks is answered within one minute (seen), five (started) and ten (answered, done or declined):

    state      clock runs from    target      late when
    asked      asked              1 minute    not seen after 1 minute
    seen       asked              5 minutes   not started after 5 minutes
    started    asked              10 minutes  not answered after 10 minutes
    done       -                  -           never
    declined   -                  -           never
"""

from __future__ import annotations

TARGETS_S = {"asked": 60, "seen": 300, "started": 600}


def target_s(state: str) -> int | None:
    """Seconds after asking by which the errand must have left `state`; None at an end."""
    return TARGETS_S.get(state)


def is_late(state: str, waited_s: int) -> bool:
    """Whether an errand that was asked `waited_s` seconds ago should have left `state` by now."""
    target = target_s(state)
    return target is not None and waited_s > target
