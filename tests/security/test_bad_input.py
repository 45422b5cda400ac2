"""What no honest browser sends: every form and every query string, spoilt. Nothing fails, nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.core.idempotency import new_key
from tests.page_rules import page_rules
from tests.security.day import Day
from tests.security.forms import Sent, forms_of, pages_of

SPOILT = (
    "x" * 10_000,
    "a\x00b",
    "\x01\x1b\u202e\ufffe",
    "-1",
    "99999999999999999999",
    "2147483648",
    "999999",  # an id that no row has, a number of units that nobody has
    "1e9",
    "٣",
    "nan",
    "'\"<script>😀",
    "2022-13-45",
    "0001-01-01 00:00",
    "9999-12-31T23:59",
    "25:61",
)
ANSWERS = {303, 400, 403, 404, 409, 413, 422}
COUNTS_TRIES = {"access.sign_in", "resident.enter", "access.account"}  # a wrong password is counted, so it writes
SHOWN = {
    "resident.enter",  # the same page whatever was wrong
    "own_order.order",  # a basket to look over before it is placed
    "desk.order_for",
    "addresses.save_profile",  # what the change would mean for some addresses, before it is saved
    "access_tokens.create",  # shows the token, of which only the hash is stored
    "accounts.password",  # shows the one-time password, which is stored nowhere
    "door_pins.slips",  # shows the new PINs to be printed, and is asked for again in the same cycle
    "door_pins.tell",  # shows a PIN to be told, and the log says so
    "door_pins.renew",  # shows the new PIN
}
QUERIES = (
    "page=abc&q=%25_&building=x&point=x&cycle=x&wave=x&item=x&day=x&code=x&number=x&room=x&subdistrict=x&supply=x",
    "page=-1&q=%27%22%3Cscript%3E&building=-1&point=-1&cycle=-1&wave=-1&item=-1&day=0001-01-01&subdistrict=-1",
    "page=0&q=%E2%80%AE&building=0&point=0&cycle=0&wave=0&item=0&day=9999-12-31&code=%EF%BF%BF&subdistrict=0",
    "page=2147483647&building=2147483647&point=2147483647&cycle=2147483647&wave=2147483647&item=2147483647"
    "&subdistrict=2147483647",
    "page=99999999999&building=99999999999&point=99999999999&cycle=99999999999&wave=99999999999&item=99999999999"
    "&subdistrict=99999999999&supply=99999999999",
    "page=%D9%A3&building=%C2%B2&point=%C2%B2&cycle=%C2%B2&wave=%C2%B2&item=%C2%B2&subdistrict=%C2%B2",
    "q=%00",
    "q=%FF%FE",
    "q=" + "x" * 4000 + "&room=" + "x" * 4000,
)


@pytest.fixture(scope="module")
def forms(day: Day) -> list[tuple[bool, str, Sent]]:
    """Each form of the day once: whether one must be known to see it, the endpoint it goes to, its fields."""
    found: dict[tuple[str, frozenset[str]], tuple[bool, str, Sent]] = {}
    for is_known, page, html in pages_of(day):
        for form in forms_of(page, html):
            endpoint = endpoint_of(day, form.action)
            names = frozenset(re.sub(r"\d+", "#", name) for name in form.names)
            found.setdefault((endpoint, names), (is_known, endpoint, form))
    return list(found.values())


def who(day: Day, is_known: bool = True) -> FlaskClient:
    """A fresh browser (some forms end the session): of a stranger, or with every role and a household's token."""
    return day.browser("everything", resident=True) if is_known else day.browser()


def endpoint_of(day: Day, action: str) -> str:
    return str(day.app.url_map.bind("localhost").match(action.partition("?")[0], method="POST")[0])


def opened(day: Day) -> list[Rule]:
    return sorted((r for r in page_rules(day.app) if "GET" in (r.methods or ())), key=lambda r: r.rule)


def posted(day: Day) -> list[Rule]:
    return sorted((r for r in page_rules(day.app) if "POST" in (r.methods or ())), key=lambda r: r.rule)


PAGE, WORDS = "text/html", "application/json"  # a whole page with all its menus; the same answer in a few words


def send(
    day: Day, browser: FlaskClient, path: str, endpoint: str, fields: Any, what: str, accept: str = PAGE
) -> TestResponse:
    """Post fields, see that a refusal wrote nothing, and put the day back if an acceptance did."""
    before = day.version()
    answer = browser.post(path, data=MultiDict(fields), headers={"Accept": accept})
    is_changed = day.version() != before
    if is_changed:
        day.restore()
    allowed = ANSWERS | {200} if endpoint in SHOWN or accept == WORDS else ANSWERS
    assert answer.status_code in allowed, f"{endpoint} with {what} answered {answer.status_code}"
    if answer.status_code not in (200, 303) and endpoint not in COUNTS_TRIES:
        assert not is_changed, f"{endpoint} with {what} answered {answer.status_code} and wrote"
    return answer


@pytest.fixture
def without_tokens(day: Day) -> Iterator[None]:
    """CSRF tokens are not asked for, so that what follows them is reached."""
    day.app.config["WTF_CSRF_ENABLED"] = False
    yield
    day.app.config["WTF_CSRF_ENABLED"] = True


def test_a_form_without_its_token_is_refused_by_every_endpoint(day: Day) -> None:
    browser = who(day)
    for rule in posted(day):
        answer = send(day, browser, day.address(rule, "own"), rule.endpoint, {"_key": new_key()}, "no token")
        assert answer.status_code == 400, rule.rule


def test_a_form_without_its_key_takes_no_effect(
    day: Day, forms: list[tuple[bool, str, Sent]], without_tokens: None
) -> None:
    """What the page itself would send, but without the key that makes it take effect once."""
    for is_known, endpoint, form in forms:
        if endpoint in ("access.sign_in", "access.sign_out", "resident.enter", "resident.leave"):
            continue  # they keep nothing that could be done twice
        fields = [(name, value) for name, value in form.fields if name not in ("_key", "csrf_token")]
        answer = send(day, who(day, is_known), form.action, endpoint, fields, "no key")
        assert answer.status_code != 303, endpoint


def test_an_empty_form_and_a_foreign_field_are_refused_or_harmless(day: Day, without_tokens: None) -> None:
    foreign = {"state": "x", "price_fen": "1", "household_id": "2", "version_id": "1", "qty_packed": "9"}
    for rule in posted(day):
        for scope in ("own", "missing"):
            path = day.address(rule, scope)
            send(day, who(day), path, rule.endpoint, {"_key": new_key()}, "nothing", WORDS)
            send(day, who(day), path, rule.endpoint, {"_key": new_key(), **foreign}, "foreign fields")


def test_a_field_that_the_form_does_not_have_changes_nothing(
    day: Day, forms: list[tuple[bool, str, Sent]], without_tokens: None
) -> None:
    for is_known, endpoint, form in forms:
        if not form.names or form.files:
            continue
        fields = [*keyed(form), ("qty_packed", "9")]
        answer = send(day, who(day, is_known), form.action, endpoint, fields, "a foreign field")
        assert answer.status_code != 303, f"{endpoint} took a field it does not have"


def keyed(form: Sent) -> list[tuple[str, str]]:
    return [*((n, v) for n, v in form.fields if n not in ("_key", "csrf_token")), ("_key", new_key())]


def test_no_spoilt_value_in_any_field_is_an_error_of_ours(
    day: Day, forms: list[tuple[bool, str, Sent]], without_tokens: None
) -> None:
    """Each kind of field meets four of the values, by turns, of which one is shown again on the page."""
    turn = cycle(SPOILT)
    for is_known, endpoint, form in forms:
        kinds = {re.sub(r"\d+", "#", name): name for name in form.names}
        for name in kinds.values():
            for accept in (PAGE, WORDS, WORDS, WORDS):
                value = next(turn)
                fields = [(n, value if n == name else v) for n, v in keyed(form)]
                send(day, who(day, is_known), form.action, endpoint, fields, f"{name}={value[:20]!r}", accept)


class Noticed(ImmutableMultiDict[str, str]):
    """A query string that notices which of its parameters are asked for; links carry all on unread, as `items`."""

    asked: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.add(key)
        return super().get(key, *args, **kwargs)

    def getlist(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.add(key)
        return super().getlist(key, *args, **kwargs)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.asked.add("*")
        return super().__iter__()

    def lists(self) -> Any:
        self.asked.add("*")
        return super().lists()


def test_no_query_string_is_an_error_of_ours(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks for no parameter of a query string is opened with the first of them only."""
    noticing = type("Noticing", (day.app.request_class,), {"parameter_storage_class": Noticed})
    monkeypatch.setattr(day.app, "request_class", noticing)
    browser = who(day)
    for rule in opened(day):
        before = day.version()
        Noticed.asked.clear()
        for query in QUERIES:
            if query != QUERIES[0] and "*" not in Noticed.asked and not Noticed.asked & parse_qs(query).keys():
                continue
            answer = browser.get(f"{day.address(rule, 'own')}?{query}")
            assert answer.status_code in {200, 302, 400, 404, 422}, f"{rule.rule}?{query[:60]}"
        assert day.version() == before, rule.rule


def test_no_id_in_an_address_is_an_error_of_ours(day: Day) -> None:
    browser = who(day)
    for rule in posted(day) + opened(day):
        for value in ("0", "2147483647", "99999999999") if rule.arguments else ():
            path = "".join(value if is_argument else text for is_argument, text in rule._trace).partition("|")[2]
            answer = browser.get(path)
            assert answer.status_code < 500, path
