"""Trials of a running fleet: households order through the front while something is killed or restarted.

Afterwards each order that was answered as placed must be there, and none twice. Whoever got no answer sends the same
form again, as a phone does by itself: the key in it has the order take effect once.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from urllib.parse import urlencode, urlsplit

from sqlalchemy import func, insert, select

from app.access.models import HouseholdToken
from app.access.sessions import token_digest
from app.core import clock
from app.core.db import db
from app.core.events import SYSTEM
from app.core.jobs import Job, JobState
from app.ordering.models import Cycle, CyclePoint, CycleState, HouseholdOrder, Offer
from app.oversight.reconcile.service import ask_check
from app.places.models import Building, Household, Stairwell
from app.upkeep.fleet.processes import Fleet, settings_of

FIELD = re.compile(r'name="(csrf_token|_key|_page)" value="([^"]*)"')
PHONES = 4
PAUSE_S = 0.1  # between two orders of a phone
TRY_AGAIN_S = 0.3
TRIES = 60
TAKEOVER_S = 90


@dataclass
class Ordered:
    """What the phones were told."""

    placed: list[int] = field(default_factory=list)
    repeated: int = 0
    refused: list[str] = field(default_factory=list)


class Drills:
    """Homes of an open cycle, and what is done to the fleet while they order."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.app = import_module("app.factory").create_app(settings_of(fleet))
        with self.app.app_context():
            self.cycle_id, self.offer_id, self.homes = _homes()
        self.lock = threading.Lock()

    def while_ordering(self, what: Callable[[], None], orders: int = 60) -> Ordered:
        """Let homes order; a third of them has when `what` is done, in this thread."""
        told, mine = Ordered(), [self.homes.pop() for _ in range(min(orders, len(self.homes)))]
        waiting = list(mine)
        threads = [threading.Thread(target=self._phone, args=(waiting, told)) for _ in range(PHONES)]
        for thread in threads:
            thread.start()
        while len(told.placed) < orders // 3 and any(thread.is_alive() for thread in threads):
            time.sleep(0.02)
        what()
        for thread in threads:
            thread.join()
        told.refused += self._untrue(mine, told)
        return told

    def _phone(self, waiting: list[tuple[int, str]], told: Ordered) -> None:
        while True:
            with self.lock:
                if not waiting:
                    return
                household_id, token = waiting.pop()
            trouble, repeats = self._order(token)
            with self.lock:
                told.repeated += repeats
                if trouble:
                    told.refused.append(trouble)
                else:
                    told.placed.append(household_id)
            time.sleep(PAUSE_S)

    def _order(self, token: str) -> tuple[str, int]:
        """Order one unit. Returns why it was not placed ("" if it was), and how many requests had to be repeated."""
        path, cookies = f"/my/cycles/{self.cycle_id}/order", f"household={token}"
        status, page, held, repeats = self._ask("GET", path, cookies, "")
        if status != 200:
            return f"form: {status}", repeats
        fields = dict(FIELD.findall(page))
        fields |= {"version": "0", "door_note": "", "remark": "", "other_need": "", "step": "place"}
        fields |= {f"qty_{self.offer_id}": "1", f"sub_{self.offer_id}": "1"}
        status, _page, _held, more = self._ask("POST", path, f"{cookies}; {held}", urlencode(fields))
        return ("" if status == 303 else f"order: {status}"), repeats + more

    def _ask(self, method: str, path: str, cookies: str, body: str) -> tuple[int, str, str, int]:
        """Status, page, cookie and repeats of a request, sent again while there is no answer or "busy"."""
        parts = urlsplit(self.fleet.site)
        headers = {"Cookie": cookies} | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        status = 0
        for attempt in range(TRIES):
            connection = HTTPConnection(str(parts.hostname), parts.port or 80, timeout=60)
            try:
                connection.request(method, path, body or None, headers)
                answer = connection.getresponse()
                status, page = answer.status, answer.read().decode()
                if status < 500:
                    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
                    return status, page, cookie, attempt
            except (OSError, HTTPException):
                status = 0
            finally:
                connection.close()
            time.sleep(TRY_AGAIN_S)
        return status, "", "", TRIES

    def _untrue(self, homes: list[tuple[int, str]], told: Ordered) -> list[str]:
        """Orders that were answered as placed and are not there, or are there twice."""
        with self.app.app_context():
            found = select(HouseholdOrder.household_id, func.count()).where(HouseholdOrder.cycle_id == self.cycle_id)
            count = dict(db.session.execute(found.group_by(HouseholdOrder.household_id)).tuples().all())
        lost = [f"lost: household {home}" for home in told.placed if not count.get(home)]
        return lost + [f"twice: household {home}" for home, _token in homes if count.get(home, 0) > 1]

    def job_done_although(self, what: Callable[[], None]) -> str:
        """Ask for a job, do `what` as soon as somebody has begun it, and wait. Returns how it ended."""
        with self.app.app_context():
            job_id = ask_check(SYSTEM).id
            deadline, is_done = time.monotonic() + TAKEOVER_S, False
            while time.monotonic() < deadline:
                db.session.rollback()
                state = db.session.scalar(select(Job.state).where(Job.id == job_id))
                if not is_done and state != JobState.QUEUED:
                    what()
                    is_done = True
                if state not in (JobState.QUEUED, JobState.RUNNING):
                    return str(state)
                time.sleep(0.01)
        return f"not over after {TAKEOVER_S} s"


def _homes() -> tuple[int, int, list[tuple[int, str]]]:
    """The open cycle, an offer, and homes that have not ordered with keys of their own."""
    now = clock.now()
    open_cycle = Cycle.state == CycleState.OPEN
    cycle = db.session.scalars(select(Cycle).where(open_cycle).order_by(Cycle.id.desc()).limit(1)).one()
    offer = db.session.scalars(
        select(Offer.id).where(Offer.cycle_id == cycle.id, Offer.is_listed, Offer.limit_per_household.is_(None))
    )
    points = select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle.id)
    have = select(HouseholdOrder.household_id).where(HouseholdOrder.cycle_id == cycle.id)
    free = (
        select(Household.id)
        .join(Stairwell, Household.stairwell_id == Stairwell.id)
        .join(Building, Stairwell.building_id == Building.id)
        .where(Building.service_point_id.in_(points), Household.id.not_in(have))
        .order_by(Household.id)
        .limit(600)
    )
    homes = [(home, f"drill-{home}-{now.timestamp():.0f}-{'x' * 24}") for home in db.session.scalars(free)]
    until = now + timedelta(hours=2)
    rows = [{"household_id": home, "token_sha256": token_digest(token), "expires_at": until} for home, token in homes]
    db.session.execute(insert(HouseholdToken), rows)
    db.session.commit()
    return cycle.id, int(offer.first() or 0), homes
