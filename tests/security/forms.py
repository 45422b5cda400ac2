"""The forms of a page as a browser would send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from app.access.forms.refill import CARRIED
from tests.page_rules import page_rules
from tests.security.day import Day


@dataclass
class Sent:
    """One form: where it goes, and its fields with the values they begin with; files are named apart."""

    action: str
    is_post: bool
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """What a person can change: every field but the token, the key and the page."""
        return list(dict.fromkeys(name for name, _value in self.fields if name not in CARRIED))


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.found: list[Sent] = []
        self._form: Sent | None = None
        self._select = ""
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Sent(has.get("action") or self.page, has.get("method", "get").lower() == "post")
            self.found.append(self._form)
        elif self._form is None:
            return
        elif tag == "select":
            self._select = has.get("name", "")
            self._form.fields.append((self._select, ""))
        elif tag == "option" and self._select:
            self._choose(has)
        elif tag == "textarea" and has.get("name"):
            self._form.fields.append((has["name"], ""))
            self._text = []
        elif tag in ("input", "button") and has.get("name"):
            self._take(has)

    def _take(self, has: dict[str, str]) -> None:
        assert self._form is not None
        if has.get("type") == "file":
            self._form.files.append(has["name"])
        elif has.get("type") in ("checkbox", "radio"):
            self._form.fields.append((has["name"], has.get("value", "on")))
        else:
            self._form.fields.append((has["name"], has.get("value", "")))

    def _choose(self, has: dict[str, str]) -> None:
        """The option marked as chosen, else the first that has a value."""
        assert self._form is not None
        if "selected" in has or not self._form.fields[-1][1]:
            self._form.fields[-1] = (self._select, has.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._text is not None and self._form is not None:
            name = self._form.fields[-1][0]
            self._form.fields[-1] = (name, "".join(self._text).strip())
            self._text = None


def forms_of(page: str, html: str) -> list[Sent]:
    """Every form of a page that posts."""
    reader = _Reader(page)
    reader.feed(html)
    return [form for form in reader.found if form.is_post]


_PAGES: dict[Path, list[tuple[bool, str, str]]] = {}


def pages_of(day: Day) -> list[tuple[bool, str, str]]:
    """Whether one must be known to see it, address and text of each page of the day as it began; opened once."""
    if day.file not in _PAGES:
        _PAGES[day.file] = list(_opened(day))
    return _PAGES[day.file]


def _opened(day: Day) -> Iterator[tuple[bool, str, str]]:
    for rule in sorted(page_rules(day.app), key=lambda rule: rule.rule):
        if "GET" not in (rule.methods or ()):
            continue
        page = day.address(rule, "own")
        for is_known in (False, True):
            browser = day.browser("everything", resident=True) if is_known else day.browser()
            answer = browser.get(page)
            if answer.mimetype == "text/html" and answer.status_code == 200:
                yield is_known, page, answer.get_data(as_text=True)
