"""Words that would be code if anything took them for it: on every page they are shown as the words they are."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from app.catalog.models import Bundle, Item, Supplier
from app.core.db import db
from app.dispatch.models import Team
from app.errands.models import Errand
from app.handover.models import Dispute, HandOut
from app.intake.models import PasteLine
from app.ordering.models import Cycle, HouseholdOrder, Offer
from app.places.models import Blackout, Building, Compound, CompoundAlias, Gate, Household, ServicePoint
from app.printing.models import Document
from app.stock.models import Lot, WriteOff
from tests.page_rules import page_rules
from tests.security.day import Day

PAYLOADS = (
    "<script>xss()</script>",
    "<img src=x onerror=xss()>",
    '"><svg onload=xss()>',
    "' autofocus onfocus=xss() x='",
    '" onmouseover="xss()',
    "</title><xss>",
    "</textarea><xss>",
    "</script><xss>",
    "</option></select><xss>",
    "--><xss><!--",
    "]]><xss>",
    "<a href=javascript:xss()>x</a>",
    "<iframe srcdoc=xss></iframe>",
    "<base href=//xss.invalid>",
    "<meta http-equiv=refresh content=0>",
    "<form action=//xss.invalid><button>x",
    "<style>@import'//xss.invalid'</style>",
    "{{ 123456789 * 987654321 }}",
    "${123456789*987654321}#{123456789*987654321}",
    "%(xss)s {0} %s",
)
# Free text that people type, by table; each gets all payloads behind one another.
TYPED = (
    (Item, ("name", "spec", "sale_unit")),
    (Bundle, ("name",)),
    (Supplier, ("name",)),
    (Offer, ("name",)),
    (Cycle, ("name",)),
    (HouseholdOrder, ("remark",)),
    (Team, ("name",)),
    (Errand, ("place", "what", "answer")),
    (Dispute, ("note", "reason")),
    (HandOut, ("detail",)),
    (PasteLine, ("raw", "note", "restricted_note")),
    (Blackout, ("reason",)),
    (Building, ("label", "drop_spot")),
    (Compound, ("name", "address")),
    (CompoundAlias, ("alias",)),
    (Gate, ("name",)),
    (Household, ("room_no",)),
    (ServicePoint, ("name",)),
    (Document, ("label",)),
    (Lot, ("batch_no",)),
    (WriteOff, ("reason",)),
)


class _Judge(HTMLParser):
    """Notes every element and attribute that only a payload could have made."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag in ("xss", "iframe", "base", "style") or (tag == "script" and "src" not in names):
            self.broken.append(tag)
        if tag == "meta" and "http-equiv" in names and names.get("content") == "0":
            self.broken.append("meta")
        self.broken += [name for name in names if name.startswith("on") or (name == "autofocus" and tag == "body")]
        targets = [str(names.get(name) or "") for name in ("href", "src", "action", "formaction")]
        self.broken += [url for url in targets if url.startswith(("javascript:", "//", "data:"))]


@pytest.fixture
def poisoned(day: Day) -> Day:
    """Every free text of the day says all payloads; unique names keep apart by their id."""
    words = " ".join(PAYLOADS)
    with day.app.app_context():
        for model, columns in TYPED:
            for number in db.session.scalars(db.select(model.id)).all():
                values = dict.fromkeys(columns, f"{words} {number}")
                db.session.execute(update(model).where(model.id == number).values(**values))
        db.session.commit()
    return day


def test_what_people_type_is_shown_as_words_on_every_page(poisoned: Day) -> None:
    shown = 0
    browsers = (poisoned.browser("everything", resident=True), poisoned.browser())
    for rule in page_rules(poisoned.app):
        if "GET" not in (rule.methods or ()):
            continue
        for browser in browsers:
            page = poisoned.address(rule, "own")
            answer = browser.get(page)
            assert answer.status_code < 500, page
            if answer.mimetype != "text/html":
                continue
            text = answer.get_data(as_text=True)
            judge = _Judge()
            judge.feed(text)
            assert judge.broken == [], page
            assert "121932631112635269" not in text, page  # too long to turn up in a token by chance
            assert "<script>" not in text, page
            shown += str(escape(PAYLOADS[0])) in text
    assert shown > 50


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_was_typed_wrongly_comes_back_as_words(day: Day, payload: str) -> None:
    """A form refused for another field shows again what was typed."""
    day.app.config["WTF_CSRF_ENABLED"] = False
    typed = {"name": payload, "mode": payload, "kg": "x", "members": payload, "_key": "0" * 32}
    answer = day.browser("everything").post("/teams", data=typed)
    assert answer.status_code == 422
    judge = _Judge()
    judge.feed(answer.get_data(as_text=True))
    assert judge.broken == []
    assert str(escape(payload)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in answer.get_data(as_text=True)
