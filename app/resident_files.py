"""What of the shared templates and stylesheets a resident's page can show: the rest is not sent to a resident's phone.

Files are too coarse for this: `_ui.html` holds the macros of both frames, and `forms.css` styles both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_USES = re.compile(r"""\{%-?\s*(?:extends|include|import|from)\s+["']([a-z_/]+\.html)["']""")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_MACRO = re.compile(r"\{%-?\s*macro (\w+)\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)
_CALL = re.compile(r"(?<![\w-])(\w+)\(")
_CLASS = re.compile(r"ld-[a-z0-9-]+")
_RULE = re.compile(r"([^{}]+)\{((?:[^{}]|\{[^{}]*\})*)\}")  # one level of nesting, as @media has
_BETWEEN_SELECTORS = re.compile(r",(?![^()]*\))")
_NEGATION = re.compile(r":not\([^()]*\)")

# Put into the page of either frame: above a form that was refused.
_IN_BOTH_FRAMES = "kept_notice.html"
# Macros that no template calls: the view makes the rows of the shelf once and keeps them (ordering/shelf).
_CALLED_BY_VIEWS = frozenset({"row", "shelf", "categories"})


def resident_templates(folder: Path) -> set[Path]:
    """The templates of the resident's pages, with all that they extend, include or import."""
    every = sorted(folder.rglob("*.html"))
    waiting = [path for path in every if '"base_resident.html"' in path.read_text("utf-8")] + [folder / _IN_BOTH_FRAMES]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [folder / name for name in _USES.findall(path.read_text("utf-8"))]
    return found


def resident_source(folder: Path) -> str:
    """The text of these templates without the macros that none of them calls and without comments."""
    texts = [_COMMENT.sub("", path.read_text("utf-8")) for path in sorted(resident_templates(folder))]
    waiting = [(found[1], found[0]) for text in texts for found in _MACRO.finditer(text)]
    kept = "\n".join(_MACRO.sub("", text) for text in texts)
    while called := [macro for macro in waiting if macro[0] in _CALLED_BY_VIEWS | set(_CALL.findall(kept))]:
        kept = "\n".join((kept, *(text for _name, text in called)))
        waiting = [macro for macro in waiting if macro not in called]
    return kept


def classes_in(sources: Iterable[str]) -> frozenset[str]:
    """Our class names in templates and scripts; one that ends with a hyphen stands for all that begin with it."""
    return frozenset(name for source in sources for name in _CLASS.findall(source))


def styles_of(sheet: str, classes: frozenset[str]) -> str:
    """The rules of a stylesheet without comments that can match on a page with only these of our classes."""
    return "".join(_kept_rule(rule[1].strip(), rule[2], classes) for rule in _RULE.finditer(sheet))


def _kept_rule(head: str, body: str, classes: frozenset[str]) -> str:
    if head.startswith("@media"):
        inside = styles_of(body, classes)
        return f"{head} {{{inside}}}\n" if inside else ""
    if head.startswith("@"):
        return f"{head} {{{body}}}\n"
    selectors = [one.strip() for one in _BETWEEN_SELECTORS.split(head) if _may_match(one, classes)]
    return f"{', '.join(selectors)} {{{body}}}\n" if selectors else ""


def _may_match(selector: str, classes: frozenset[str]) -> bool:
    named = _CLASS.findall(_NEGATION.sub("", selector))
    prefixes = tuple(name for name in classes if name.endswith("-"))
    return all(name in classes or (prefixes and name.startswith(prefixes)) for name in named)
