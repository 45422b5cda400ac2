"""The forms of a page as a browser would send them: every control with the value it shows, every button that sends.

A browser leaves out what is disabled, not ticked, or a button that was not pressed; so does this. It sends nothing
while a required field is empty: `sent` fills such fields with something plausible and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser

from app.core import clock

WORDS = "测试"
PLAUSIBLE = {
    "number": "1",
    "tel": "19900000001",
    "time": "09:00",
    "password": "correct-horse-battery",
    "email": "a@b.cn",
}
SILENT = ("file", "submit", "button", "image", "reset")


@dataclass
class ShownField:
    """One field. `values` is what it would send as shown; `choices` what could be chosen instead."""

    name: str
    type: str
    values: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    required: bool = False
    least: str = ""


@dataclass(frozen=True)
class Button:
    """A button that sends the form: its own field, and where it sends it if not where the form says."""

    label: str = ""
    name: str = ""
    value: str = ""
    action: str = ""


@dataclass
class ShownForm:
    """One form of a page."""

    action: str
    is_post: bool
    controls: list[ShownField] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def sent(self, button: Button) -> tuple[list[tuple[str, str]], bool]:
        """The fields in order, and whether some had to be filled in because the page wants them and shows none."""
        fields: list[tuple[str, str]] = []
        was_filled = False
        for group in self._groups():
            values = [value for control in group for value in control.values]
            if not any(map(str.strip, values)) and any(control.required for control in group):
                values, was_filled = [_plausible(group)], True
            fields += [(group[0].name, value) for value in values]
        if button.name:
            fields.append((button.name, button.value))
        return fields, was_filled

    def stuck(self) -> list[str]:
        """Required fields with nothing to choose from: a browser never sends such a form."""
        return [
            group[0].name
            for group in self._groups()
            if group[0].type == "select" and group[0].required and not any(group[0].choices)
        ]

    def _groups(self) -> list[list[ShownField]]:
        """Controls by name, so that one of several radio buttons is enough."""
        found: dict[str, list[ShownField]] = {}
        for control in self.controls:
            found.setdefault(control.name, []).append(control)
        return list(found.values())


def _plausible(group: list[ShownField]) -> str:
    one = group[0]
    choices = [choice for control in group for choice in control.choices if choice]
    if choices:
        return choices[0]
    if one.type == "date":
        return (clock.today() + timedelta(days=1)).isoformat()
    if one.type == "datetime-local":
        return f"{(clock.today() + timedelta(days=1)).isoformat()}T09:00"
    if one.type == "number" and one.least not in ("", "0"):
        return one.least
    return PLAUSIBLE.get(one.type, WORDS)


class _PageReader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[ShownForm] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._by_id: dict[str, ShownForm] = {}
        self._form: ShownForm | None = None
        self._select: ShownField | None = None
        self._text: ShownField | None = None
        self._button: tuple[ShownForm, dict[str, str], list[str]] | None = None
        self._silent = 0
        self._disabled = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "template", "code", "pre"):
            self._silent += 1
        elif tag == "a" and has.get("href") and "download" not in has:
            self.links.append(has["href"])
        elif tag == "form":
            self._form = ShownForm(has.get("action") or self.page, has.get("method", "get").lower() == "post")
            self.forms.append(self._form)
            if has.get("id"):
                self._by_id[has["id"]] = self._form
        elif tag == "fieldset":
            self._disabled += "disabled" in has or self._disabled > 0
        elif tag == "option" and self._select is not None:
            self._option(has)
        elif tag in ("input", "select", "textarea", "button"):
            self._control(tag, has)

    def _owner(self, has: dict[str, str]) -> ShownForm | None:
        return self._by_id.get(has["form"]) if "form" in has else self._form

    def _control(self, tag: str, has: dict[str, str]) -> None:
        form = self._owner(has)
        if form is None or "disabled" in has or self._disabled:
            return
        kind = has.get("type", "submit" if tag == "button" else "text").lower()
        if tag == "button":
            if kind == "submit":
                self._button = (form, has, [])
            return
        if kind in ("submit", "image"):
            form.buttons.append(_button(has, has.get("value", "")))
        elif kind == "file":
            form.files.append(has.get("name", ""))
        elif has.get("name") and kind not in SILENT:
            self._field(form, tag, kind, has)

    def _field(self, form: ShownForm, tag: str, kind: str, has: dict[str, str]) -> None:
        one = ShownField(
            has["name"], tag if tag != "input" else kind, required="required" in has, least=has.get("min", "")
        )
        form.controls.append(one)
        if tag == "select":
            self._select = one
        elif tag == "textarea":
            self._text = one
            one.values = [""]
        elif kind in ("checkbox", "radio"):
            one.choices = [has.get("value", "on")]
            one.values = list(one.choices) if "checked" in has else []
        else:
            one.values = [has.get("value", "")]

    def _option(self, has: dict[str, str]) -> None:
        assert self._select is not None
        value = has.get("value", "")
        if "disabled" in has:
            return
        self._select.choices.append(value)
        if "selected" in has or len(self._select.choices) == 1:
            self._select.values = [value]

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.values = [self._text.values[0] + data]
        elif not self._silent:
            self.words.append(data)
        if self._button is not None:
            self._button[2].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "template", "code", "pre"):
            self._silent = max(0, self._silent - 1)
        elif tag == "form":
            self._form = None
        elif tag == "fieldset":
            self._disabled = max(0, self._disabled - 1)
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None
        elif tag == "button" and self._button is not None:
            form, has, words = self._button
            form.buttons.append(_button(has, "".join(words)))
            self._button = None


def _button(has: dict[str, str], label: str) -> Button:
    words = re.sub(r"\s+", "", label)
    return Button(words, has.get("name", ""), has.get("value", ""), has.get("formaction", ""))


@dataclass(frozen=True)
class ShownPage:
    """What a page holds: its forms, where its links lead, and its words (without those in script, code and tables
    of pasted text)."""

    forms: list[ShownForm]
    links: list[str]
    text: str


def read_page(address: str, html: str) -> ShownPage:
    """Read a page that was answered at `address`."""
    reader = _PageReader(address)
    reader.feed(html)
    return ShownPage(reader.forms, reader.links, " ".join(reader.words))
