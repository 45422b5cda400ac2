"""What happened at the doors, and what follows from it.

Results are entered by exception: everything expected is left at its door except the bags that are named.

    reason             next step              goods are with     a cold bag
    no_answer          redeliver next wave    captain            somebody decides today
    refused            return to the depot    captain            somebody decides today
    wrong_address      correct, redeliver     captain            somebody decides today
    bag_missing        search                 nobody knows       search
    wrong_bag          exchange               another door       exchange, somebody decides
    damaged            complaint              household          complaint
    building_sealed    redeliver next wave    captain            somebody decides today
    other              somebody decides       captain            somebody decides today

Ten minutes after an entry it stands. Until then whoever made it can take it back, nobody is told and no time runs: a
thumb slips on a stairwell of doors, and a household that was told of a bag looks for it and, later, complains of it.

    minutes after the bag was left    0 … 9:59          10 and later
    its household reads               it is being       it is at the door
                                      handed out
    whoever entered it                can take it back  enters a complaint instead
    the 48 hours                      have not begun    run

Confirmation, 48 hours after its household was told:

    complaint before it ends    complaint counts, the rest is accepted in person or by default
    confirmed                   accepted in person
    nothing heard               accepted by default, kept apart from in person
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.labels import Labelled
from app.core.sentences import N_, Sentence, sentence

DEFAULT_ACCEPTANCE = timedelta(hours=48)
UNDO_WITHIN = timedelta(minutes=10)
LEFT = "left"


class NextStep(Labelled):
    """What the supplies team does with a bag that was not left at its door."""

    REDELIVER = "redeliver", N_("下一趟优先补送")
    RETURN = "return", N_("退回仓库")
    CORRECT = "correct", N_("核对地址后补送")
    SEARCH = "search", N_("查找")
    EXCHANGE = "exchange", N_("换回")
    COMPLAINT = "complaint", N_("按异议处理")
    DECIDE = "decide", N_("当日人工处理")


_NEXT: Mapping[str, NextStep] = {
    "no_answer": NextStep.REDELIVER,
    "refused": NextStep.RETURN,
    "wrong_address": NextStep.CORRECT,
    "bag_missing": NextStep.SEARCH,
    "wrong_bag": NextStep.EXCHANGE,
    "damaged": NextStep.COMPLAINT,
    "building_sealed": NextStep.REDELIVER,
    "other": NextStep.DECIDE,
}
# At room temperature cold goods spoil before the next wave, so a person decides at once.
_SPOILS = frozenset({NextStep.REDELIVER, NextStep.RETURN, NextStep.CORRECT})
REASONS = tuple(_NEXT)


def next_step(reason: str, is_cold: bool = False) -> NextStep:
    """What follows from a reason (a value of DoorOutcome except ``left``). Raises KeyError for any other."""
    step = _NEXT[reason]
    return NextStep.DECIDE if is_cold and step in _SPOILS else step


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """A named bag that cannot be entered; nothing of the entry counts until it is corrected."""

    bag_code: str
    said: Sentence


@dataclass(frozen=True, slots=True)
class DoorResult:
    """Bag code → ``left`` or a reason, one for every expected bag; empty when there are problems."""

    outcomes: Mapping[str, str]
    problems: tuple[EntryProblem, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many bags ended each way, ``left`` first."""
        counts = {LEFT: 0}
        for outcome in self.outcomes.values():
            counts[outcome] = counts.get(outcome, 0) + 1
        return counts


def outcomes_by_exception(expected: Iterable[str], exceptions: Iterable[tuple[str, str]]) -> DoorResult:
    """All expected bags are left at their doors except those named with a reason."""
    outcomes = dict.fromkeys(expected, LEFT)
    problems = []
    named: set[str] = set()
    for code, reason in exceptions:
        if code not in outcomes:
            problems.append(EntryProblem(code, sentence(N_("%(code)s不在这一楼的名单里。"), code=code)))
        elif reason not in _NEXT:
            problems.append(EntryProblem(code, sentence(N_("%(code)s没有选原因。"), code=code)))
        elif code in named:
            problems.append(EntryProblem(code, sentence(N_("%(code)s写了两次。"), code=code)))
        else:
            outcomes[code] = reason
        named.add(code)
    return DoorResult({} if problems else outcomes, tuple(problems))


@dataclass(frozen=True, slots=True)
class Split:
    """One bagged line after its household spoke: accepted + disputed = bagged."""

    line_id: int
    qty_bagged: int
    qty_accepted: int
    qty_disputed: int


def split_bagged(bagged: Mapping[int, int], disputed: Mapping[int, int]) -> tuple[Split, ...]:
    """Split a bag's lines (line id → units) into accepted and disputed.

    Raises ValueError for a complaint about a line that is not in the bag, or about more units than the bag held.
    """
    for line_id, qty in disputed.items():
        if not 0 <= qty <= bagged.get(line_id, -1):
            raise ValueError("a complaint cannot be about more than was in the bag")
    return tuple(
        Split(line_id, qty, qty - disputed.get(line_id, 0), disputed.get(line_id, 0))
        for line_id, qty in sorted(bagged.items())
    )


def notified_at(left_at: datetime) -> datetime:
    """From when an entry stands: its household is told, and whoever made it cannot take it back."""
    return left_at + UNDO_WITHIN


def can_undo(entered_at: datetime, now: datetime) -> bool:
    """Whether an entry can still be taken back; never at a moment at which somebody is told."""
    return now < notified_at(entered_at)


def overdue_when_left_by(now: datetime, after: timedelta = DEFAULT_ACCEPTANCE) -> datetime:
    """Bags left at their doors at this instant or before count as accepted now: `accepts_by_default_at` turned round,
    for queries that compare with what is stored."""
    return now - after - UNDO_WITHIN


def undoable_when_left_after(now: datetime) -> datetime:
    """Entries made later than this instant can still be taken back: `can_undo` turned round, for queries."""
    return now - UNDO_WITHIN


def accepts_by_default_at(left_at: datetime, after: timedelta = DEFAULT_ACCEPTANCE) -> datetime:
    """From when silence counts as acceptance, of a bag that was told (`notified_at`) to be at its door at `left_at`."""
    return left_at + after


class ComplaintSpeed(Labelled):
    """How fast a complaint was answered against the standard: seen in 1 minute, started in 5, answered in 10."""

    SEEN = "seen", N_("1分钟内看到")
    STARTED = "started", N_("5分钟内处理")
    ANSWERED = "answered", N_("10分钟内答复")


STANDARD: Mapping[ComplaintSpeed, timedelta] = {
    ComplaintSpeed.SEEN: timedelta(minutes=1),
    ComplaintSpeed.STARTED: timedelta(minutes=5),
    ComplaintSpeed.ANSWERED: timedelta(minutes=10),
}


def is_in_time(kind: ComplaintSpeed, raised_at: datetime, done_at: datetime | None, now: datetime) -> bool:
    """Whether the standard is kept: done within it, or not yet over."""
    return (done_at or now) - raised_at <= STANDARD[kind]
