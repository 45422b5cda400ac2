"""Put what was typed back into a page that has just been made: the form it came from, field by field.

Pure text work on our own pages (well-formed, no scripts inside): nothing is parsed into a tree and written out again;
the page stays as it is and only the start tags and contents named here are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

CARRIED = frozenset({"csrf_token", "_key", "_page", "_kept"})  # belong to the page as it is now, not to the person
_UNTYPED = frozenset({"hidden", "submit", "button", "image", "reset", "file", "password"})

Typed = Sequence[tuple[str, str]]


@dataclass
class Tag:
    """A start tag: where it stands, and for tags with an end where their content ends."""

    name: str
    attrs: dict[str, str | None]
    start: int
    end: int
    close: int = -1
    form: Tag | None = None
    around: tuple[Tag, ...] = ()
    options: list[Tag] = field(default_factory=list)
    text: str = ""

    def has(self, name: str) -> str:
        return self.attrs.get(name) or ""

    @property
    def key(self) -> str:
        return self.has("name")


@dataclass(frozen=True)
class Refilled:
    """The page; `found` is whether the form is still on it, `anchors` field → id to jump to, `asks_file` whether a
    file must be chosen again, `now` label → what the page says where something else was typed."""

    html: str
    found: bool
    anchors: Mapping[str, str]
    asks_file: bool
    now: Mapping[str, str]


class PageReader(HTMLParser):
    """The forms of a page, their fields, and the links that are relative to it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self._lines = [0, *(found.end() for found in re.finditer("\n", html))]
        self.forms: list[Tag] = []
        self.fields: list[Tag] = []
        self.links: list[Tag] = []
        self.labels: dict[str, str] = {}  # id of a field → its words
        self._form: Tag | None = None
        self._label = ""
        self._open: list[Tag] = []  # details, and the select or textarea whose content is being read
        self.feed(html)

    def fields_of(self, form: Tag) -> list[Tag]:
        """The fields that are sent with a form, in the order of the page."""
        named = form.has("id")
        return [one for one in self.fields if (one.has("form") == named if one.has("form") else one.form is form)]

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._at()
        one = Tag(tag, dict(attrs), start, start + len(self.get_starttag_text() or ""), form=self._form)
        one.around = tuple(held for held in self._open if held.name == "details")
        if tag == "form":
            self._form = one
            self.forms.append(one)
        elif tag in ("input", "select", "textarea"):
            self.fields.append(one)
        elif tag == "option":
            for held in self._open[-1:]:
                held.options.append(one)
        elif tag == "a" and one.has("href").startswith("?"):
            self.links.append(one)
        elif tag == "label":
            self._label = one.has("for")
        if tag in ("details", "select", "textarea"):
            self._open.append(one)

    def handle_data(self, data: str) -> None:
        if self._label:
            self.labels.setdefault(self._label, data.strip())
        if self._open and self._open[-1].name == "textarea":
            self._open[-1].text += data
        if self._open and self._open[-1].options:
            self._open[-1].options[-1].text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "label":
            self._label = ""
        elif tag in ("details", "select", "textarea"):
            while self._open:
                held = self._open.pop()
                if held.name == tag:
                    held.close = self._at()
                    return


def refill_page(
    html: str, page: str, action: str, typed: Typed, problems: Mapping[str, Sequence[str]] | None = None
) -> Refilled:
    """`html` is what `page` (path and query) looks like now; `action` the path that the form was sent to.

    Fields get what was typed, with a sentence after each that `problems` names; hidden fields, passwords and files
    keep what the page says. Addresses relative to the page are written out, since the reader is at another one.
    """
    read = PageReader(html)
    edits: list[tuple[int, int, str]] = []
    here = urlsplit(page).path
    for form in read.forms:
        if not form.has("action") or form.has("action").startswith("?"):
            whole = here + form.has("action") if form.has("action") else page
            edits.append((form.start, form.end, _start_tag(form, action=whole)))
    for link in read.links:
        edits.append((link.start, link.end, _start_tag(link, href=here + link.has("href"))))
    chosen = form_sent(read, here, action, typed)
    anchors: dict[str, str] = {}
    asks_file = False
    if chosen is not None:
        own = read.fields_of(chosen)
        asks_file = any(one.has("type").lower() == "file" for one in own)
        edits += _fill(own, typed, problems or {}, anchors)
        for details in chosen.around:
            if "open" not in details.attrs:
                edits.append((details.start, details.end, _start_tag(details, open=None)))
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    now = _unplaced_values(read, chosen, typed) if chosen is not None else {}
    return Refilled(html, chosen is not None, anchors, asks_file, now)


_MAIN, _BODY = (re.compile(rf"<{name}\b[^>]*>") for name in ("main", "body"))  # ours: every < in an attribute is &lt;


def with_notice(html: str, notice: str, page: str) -> str:
    """The page with a notice at the top of its main part, and its own address for scripts to show."""
    if main := _MAIN.search(html):
        html = html[: main.end()] + notice + html[main.end() :]
    if body := _BODY.search(html):
        at = body.end() - 1
        html = f'{html[:at]} data-address="{escape(page)}"{html[at:]}'
    return html


def _unplaced_values(read: PageReader, form: Tag, typed: Typed) -> dict[str, str]:
    """Label → what the page says, of the fields with a label in which something else was typed."""
    sent = dict(reversed(typed))
    found: dict[str, str] = {}
    for one in read.fields_of(form):
        label, kind = read.labels.get(one.has("id"), ""), one.has("type").lower()
        if not label or one.key not in sent or kind in _UNTYPED or kind in ("checkbox", "radio"):
            continue
        said, shown = one.has("value"), one.has("value")
        if one.name == "textarea":
            said = shown = one.text.strip()
        elif one.name == "select":
            picked = next((option for option in one.options if "selected" in option.attrs), None)
            said, shown = (picked.has("value"), picked.text.strip()) if picked else ("", "")
        if said != sent[one.key].strip():
            found[label] = shown or "—"
    return found


def form_sent(read: PageReader, here: str, action: str, typed: Typed) -> Tag | None:
    """The form that was sent: of those that go to the same address the one whose fixed fields say the same."""
    sent = set(typed)
    names = {name for name, _value in typed}
    best, most = None, (-1, -1)
    for form in read.forms:
        goes_to = urlsplit(form.has("action") or here).path
        if form.has("method").lower() != "post" or goes_to != action:
            continue
        own = read.fields_of(form)
        fixed = sum((one.key, one.has("value")) in sent for one in own if one.has("type").lower() == "hidden")
        score = (fixed, sum(one.key in names for one in own))
        if score > most:
            best, most = form, score
    return best


def _fill(
    own: Sequence[Tag], typed: Typed, problems: Mapping[str, Sequence[str]], anchors: dict[str, str]
) -> list[tuple[int, int, str]]:
    edits: list[tuple[int, int, str]] = []
    values: dict[str, list[str]] = {}
    for name, sent in typed:
        values.setdefault(name, []).append(sent)
    turn: dict[str, int] = {}
    for one in own:
        kind = one.has("type").lower() if one.name == "input" else one.name
        if not one.key or kind == "hidden":
            continue
        said = problems.get(one.key, ()) if one.key not in anchors else ()
        changes: dict[str, str | None] = {}
        if one.has("id"):
            anchors.setdefault(one.key, one.has("id"))
        if said:
            changes["aria-invalid"] = "true"
        mark = f'<span class="ld-error">{escape("；".join(said))}</span>' if said else ""
        mine = values.get(one.key)
        if kind in ("checkbox", "radio"):
            edits += _checkbox_edits(one, kind, mine, changes)
            continue
        place = turn.get(one.key, 0)
        turn[one.key] = place + 1
        value: str | None = mine[place] if mine and place < len(mine) else None
        if one.name == "select" and mine is not None:
            edits += _select_edits(one, mine)
        if one.name == "textarea" and value is not None:
            edits.append((one.end, one.close, "\n" + escape(value, quote=False)))
        if one.name == "input" and value is not None and kind not in _UNTYPED:
            changes["value"] = value
        if changes:
            edits.append((one.start, one.end, _start_tag(one, **changes)))
        if mark:
            end = one.end if one.name == "input" else one.close + len(f"</{one.name}>")
            edits.append((end, end, mark))
    return edits


def _checkbox_edits(
    one: Tag, kind: str, mine: list[str] | None, changes: dict[str, str | None]
) -> list[tuple[int, int, str]]:
    """A box or button as it was when the form was sent: a box that is not among what was sent was empty."""
    wanted = (
        (one.attrs.get("value") or "on") in mine if mine is not None else kind == "radio" and "checked" in one.attrs
    )
    if wanted:
        changes["checked"] = None
    kept = {name: value for name, value in one.attrs.items() if name != "checked"}
    return [(one.start, one.end, _start_tag(Tag(one.name, kept, one.start, one.end), **changes))]


def _select_edits(one: Tag, mine: list[str]) -> list[tuple[int, int, str]]:
    values = [option.attrs.get("value") if "value" in option.attrs else option.text.strip() for option in one.options]
    if not set(mine) & {value or "" for value in values}:
        return []  # no longer offered: what the page says now stands
    edits = []
    for option, value in zip(one.options, values, strict=True):
        kept = {name: held for name, held in option.attrs.items() if name != "selected"}
        more: dict[str, str | None] = {"selected": None} if (value or "") in mine else {}
        edits.append((option.start, option.end, _start_tag(Tag("option", kept, 0, 0), **more)))
    return edits


def _start_tag(one: Tag, **changes: str | None) -> str:
    attrs = {**one.attrs, **changes}
    said = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attrs.items())
    return f"<{one.name}{said}>"
