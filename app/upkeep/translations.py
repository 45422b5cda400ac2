"""The English of every Chinese sentence: collect them from code and templates, and compile the catalogue.

    python -m app.upkeep.translations          collect into app/translations/en/LC_MESSAGES/messages.po
    python -m app.upkeep.translations --check  exit 1 if a sentence is missing, untranslated or no longer there

The source text is the Chinese sentence itself, so Chinese needs no catalogue. The compiled file is made from the text
when it is older, and is not kept in the repository.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent.parent
PO = ROOT / "app" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
ALWAYS = datetime(2022, 4, 1, tzinfo=UTC)  # a header with a new date each time made every two branches conflict
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}


def messages() -> Catalog:
    """Every sentence that code and templates mark, with where it stands."""
    catalog = Catalog(locale="en", project="Louda", fuzzy=False)
    for folder in ("app", "templates"):
        found = extract_from_dir(ROOT / folder, METHODS, OPTIONS, KEYWORDS)
        for filename, line, message, _comments, _context in found:
            catalog.add(message, locations=[(f"{folder}/{filename}", line)])
    for label in labels():
        catalog.add(label, locations=[("app/core/labels.py", 1)])
    return catalog


def labels() -> Iterator[str]:
    """The Chinese labels of the closed vocabularies: they stand beside their values, not inside a call."""
    from app.core.labels import Labelled

    for path in sorted((ROOT / "app").rglob("*.py")):
        if "(Labelled)" in path.read_text("utf-8"):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    waiting = [Labelled]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        yield from (member.label_zh for member in kind if member.label_zh)


def stored() -> Catalog:
    """The catalogue as it is kept."""
    if not PO.exists():
        return Catalog(locale="en", project="Louda", fuzzy=False)
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def collect() -> Catalog:
    """Bring the kept catalogue up to date: new sentences without a translation, old ones gone."""
    kept, fresh = stored(), messages()
    for message in fresh:
        before = kept.get(message.id) if message.id else None
        if before is not None and before.string:
            message.string = before.string
    return fresh


def save(catalog: Catalog) -> None:
    """Write the catalogue in order of sentence, without dates and line numbers, so that changes read well."""
    PO.parent.mkdir(parents=True, exist_ok=True)
    catalog.creation_date = ALWAYS
    with PO.open("wb") as file:
        write_po(file, catalog, sort_output=True, omit_header=False, no_location=True, width=110, ignore_obsolete=True)


def untranslated(catalog: Catalog) -> list[Message]:
    """Sentences without English."""
    return [m for m in catalog if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)]


def ensure_compiled() -> None:
    """Compile the catalogue if the compiled one is missing or older; a folder that cannot be written is left alone."""
    compiled = PO.with_suffix(".mo")
    if not PO.exists() or (compiled.exists() and compiled.stat().st_mtime >= PO.stat().st_mtime):
        return
    try:
        handle, name = tempfile.mkstemp(dir=PO.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            write_mo(file, stored())
        os.replace(name, compiled)
    except OSError:
        return


def main() -> None:
    catalog = collect()
    missing = untranslated(catalog)
    if "--check" in sys.argv:
        gone = {m.id for m in stored() if m.id} - {m.id for m in catalog if m.id}
        new = {m.id for m in catalog if m.id} - {m.id for m in stored() if m.id}
        for word, several in (("untranslated", [m.id for m in missing]), ("new", new), ("gone", gone)):
            print(f"{word}: {len(several)}", *(f"  {one}" for one in list(several)[:10]), sep="\n")
        raise SystemExit(1 if missing or gone or new else 0)
    save(catalog)
    print(f"{len(catalog)} sentences, {len(missing)} without English")


if __name__ == "__main__":
    main()
