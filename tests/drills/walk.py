"""A role walks through the site and sends each form as its page shows it; the database is put back after each.

In one process, without a browser: fast enough for the suite. `clicks` does the same with the mouse.
"""

from __future__ import annotations

import re
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from app.access.models import Account
from app.access.permissions import Staff
from app.access.service import open_session
from app.core import clock
from app.core.db import db
from tests.drills.page_forms import Button, ShownForm, ShownPage, read_page

UNKNOWN = ("不认识的字段", "Unknown field")
OF_AN_ENDPOINT = 3
"""So many addresses of one endpoint are opened by one role: their objects are in different states."""


# Pages of codes, the same in every language: the log names its verbs and subjects, the reference of the API its fields.
CODES = ("/events", "/account/api")
DISPLAY = frozenset({"lang", "theme", "type"})  # links that change how every page looks


@dataclass(frozen=True)
class Fault:
    """Something that a page itself caused."""

    role: str
    page: str
    control: str
    what: str

    def __str__(self) -> str:
        return f"{self.role} {self.page} [{self.control}] {self.what}"


@dataclass
class SiteCopy:
    """The application on a copy of a database that can be put back."""

    app: Flask
    file: Path
    _watch: sqlite3.Connection | None = None

    def keep(self) -> None:
        """Remember the database as it is."""
        self._close()
        with closing(sqlite3.connect(self.file)) as live, closing(sqlite3.connect(self._kept)) as kept:
            live.backup(kept)

    def restore(self) -> None:
        """Put the remembered database back.

        Page by page through SQLite: a file that is replaced beneath a connection that is still open somewhere, as that
        of the health watch is, answers with input/output errors from then on.
        """
        self._close()
        with closing(sqlite3.connect(self._kept)) as kept, closing(sqlite3.connect(self.file)) as live:
            kept.backup(live)

    @property
    def _kept(self) -> Path:
        return self.file.with_suffix(".kept")

    def version(self) -> int:
        """A number that changes with every transaction that writes."""
        if self._watch is None:
            self._watch = sqlite3.connect(self.file)
        return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def _close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


@dataclass
class DrillRole:
    """Somebody in front of the site: how to get a browser of theirs, and where they begin."""

    name: str
    arrive: Callable[[Flask], FlaskClient]
    begins: tuple[str, ...] = ("/",)


def staff_browser(account: Account) -> Callable[[Flask], FlaskClient]:
    """A browser in which the account has signed in now; inside an application context, it writes the sign-in."""
    number, epoch = account.id, account.session_epoch
    token = open_session(Staff("staff", number), "", is_sign_in=False)

    def arrive(app: Flask) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as session:
            session.update(account=number, epoch=epoch, sid=token, seen=clock.now().timestamp())
        return client

    return arrive


def household_browser(token: str) -> Callable[[Flask], FlaskClient]:
    """A phone that carries a household's token."""

    def arrive(app: Flask) -> FlaskClient:
        client = app.test_client()
        client.set_cookie(app.extensions["louda_settings"].cookie_name("household"), token, domain="localhost")
        return client

    return arrive


@dataclass
class Walk:
    """One role's way. `faults` says what pages caused; `shown` the endpoints of all controls that change something."""

    site: SiteCopy
    role: DrillRole
    is_excused: Callable[[str, int], bool]
    """(endpoint, status) → whether this refusal of a form sent as shown is what the page is for."""
    stored: frozenset[str] = frozenset()
    """Stored codes that must not be among the words of a Chinese page."""
    faults: list[Fault] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    pages: int = 0
    sent: int = 0
    _client: FlaskClient | None = None
    _opened: dict[str, int] = field(default_factory=dict)
    _tried: set[tuple[object, ...]] = field(default_factory=set)

    def run(self) -> None:
        """Walk from where the role begins until nothing new is found."""
        waiting = deque((address, "") for address in self.role.begins)
        seen = set(self.role.begins)
        while waiting:
            address, from_page = waiting.popleft()
            for link in self._visit(address, from_page):
                if link not in seen:
                    seen.add(link)
                    waiting.append((link, address))

    def _visit(self, address: str, from_page: str) -> Iterator[str]:
        endpoint = self._endpoint(address, "GET")
        if endpoint is None or self._opened.get(endpoint, 0) >= OF_AN_ENDPOINT:
            return
        self._opened[endpoint] = self._opened.get(endpoint, 0) + 1
        page, landed = self._open(address, from_page)
        if page is None:
            return
        yield from self._links(landed, page)
        for form in page.forms:
            for button in form.buttons or ([] if form.is_post else [Button()]):
                yield from self._send(landed, form, button)

    def _open(self, address: str, from_page: str) -> tuple[ShownPage | None, str]:
        self.pages += 1
        answer = self._browser().get(address, follow_redirects=True)
        landed = answer.request.full_path.rstrip("?")
        if answer.status_code >= 400:
            self.faults.append(Fault(self.role.name, from_page, f"link {address}", f"answered {answer.status_code}"))
            return None, landed
        if answer.mimetype != "text/html":
            return None, landed
        page = read_page(landed, answer.get_data(as_text=True))
        coded = (self.stored if not landed.startswith(CODES) else set()) & set(
            re.findall(r"(?<![\w./-])[a-z_]{4,}(?![\w./-])", page.text)
        )
        if coded:
            self.faults.append(Fault(self.role.name, address, "words", f"stored codes {sorted(coded)}"))
        return page, landed

    def _links(self, landed: str, page: ShownPage) -> Iterator[str]:
        for link in page.links:
            parts = urlsplit(urljoin(landed, link))
            is_ours = not parts.netloc and parts.scheme in ("", "http") and parts.path.startswith("/")
            if is_ours and not DISPLAY & dict(parse_qsl(parts.query)).keys():
                yield parts.path + (f"?{parts.query}" if parts.query else "")

    def _send(self, landed: str, form: ShownForm, button: Button) -> Iterator[str]:
        action = urljoin(landed, button.action or form.action).partition("#")[0]
        endpoint = self._endpoint(action, "POST" if form.is_post else "GET")
        fields, was_filled = form.sent(button)
        if endpoint is None:
            self.faults.append(Fault(self.role.name, landed, button.label, f"leads nowhere: {action}"))
            return
        names = frozenset(row_pattern(name) for name, _value in fields)
        key = (endpoint, names, row_pattern(button.name), row_pattern(button.value), row_pattern(button.label))
        if key in self._tried:
            return
        self._tried.add(key)
        if not form.is_post:
            if was_filled:
                return  # a browser sends nothing while a required field is empty
            typed = urlencode(fields)
            yield action.partition("?")[0] + (f"?{typed}" if typed else "")
            return
        if form.stuck():
            self.faults.append(Fault(self.role.name, landed, button.label, f"nothing to choose for {form.stuck()}"))
            return
        self.shown.add(endpoint)
        if not any(form.files):
            self._post(landed, form, button, action)

    def _post(self, landed: str, form: ShownForm, button: Button, action: str) -> None:
        """Send a form, and put the database back if that changed it."""
        self.sent += 1
        fields, was_filled = form.sent(button)
        before = self.site.version()
        answer = self._browser().post(action, data=MultiDict(fields))
        text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        endpoint = self._endpoint(action, "POST") or ""
        control = f"{button.label or button.value}→{endpoint}"
        if any(words in text for words in UNKNOWN):
            self.faults.append(Fault(self.role.name, landed, control, "不认识的字段"))
        elif answer.status_code >= 400 and not self._is_due(form, endpoint, was_filled, answer.status_code):
            self.faults.append(Fault(self.role.name, landed, control, f"{answer.status_code} {_sentence(text)}"))
        if self.site.version() != before:
            self.site.restore()
        if answer.headers.getlist("Set-Cookie"):
            self._client = None  # the session or the phone's key may be another one now

    def _is_due(self, form: ShownForm, endpoint: str, was_filled: bool, status: int) -> bool:
        """Whether a refusal is right: what the page left open was filled in at random, or wants a choice first."""
        return (status == 422 and was_filled) or self.is_excused(endpoint, status)

    def _browser(self) -> FlaskClient:
        if self._client is None:
            self.site.app.config["WTF_CSRF_ENABLED"] = False  # tokens have tests of their own
            self._client = self.role.arrive(self.site.app)
        return self._client

    def _endpoint(self, address: str, method: str) -> str | None:
        """The endpoint that answers an address of ours, None where none does."""
        try:
            found = self.site.app.url_map.bind("localhost").match(urlsplit(address).path, method=method)
        except HTTPException:
            return None
        return str(found[0])


def row_pattern(text: str) -> str:
    """The same for every row of a table: without numbers."""
    return re.sub(r"\d+", "#", text)


def _sentence(html: str) -> str:
    """What a refusal says, for the report."""
    found = re.findall(r'(?:role="alert"|ld-error|<h1>|ld-lead)[^>]*>(.*?)</(?:div|span|p|h1)>', html, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", " ".join(found))[:300]
