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


def left_s(state: str, waited_s: int) -> int | None:
    """Seconds until the next answer is due, below zero when it is late; None at an end."""
    target = target_s(state)
    return None if target is None else target - waited_s


def is_late(state: str, waited_s: int) -> bool:
    """Whether an errand that was asked `waited_s` seconds ago should have left `state` by now."""
    left = left_s(state, waited_s)
    return left is not None and left < 0
