"""The shelf of an order form: a row for each offer, made once and kept with the listing.

Most people see it untouched, and who amends, searches or is refused has touched a few rows. A row differs by what was
typed in it, by its tick, by an error beside it and by being hidden; only such rows are made anew. The untouched shelf
goes out packed as it was packed before.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from app.access.http.compression import PackedPart, send_packed
from app.core.db import end_read
from app.core.input.schemas import Form
from app.ordering.order_form import OfferSection, as_typed, sections
from app.ordering.shelf.listing import OfferListing

TEMPLATE = "ordering/_shelf.html"


@dataclass(frozen=True)
class OfferShelf:
    """What a page shows of it: the links to its sections, and the sections themselves."""

    categories: Markup
    rows: Markup


@dataclass(frozen=True)
class _KeptShelf:
    """In one language: the untouched shelf, and its rows by whether substitutes are ticked: offer id → row."""

    sections: list[OfferSection]
    untouched: OfferShelf
    packed: PackedPart
    ticked: Mapping[int, Markup]
    unticked: Mapping[int, Markup]


def untouched_shelf(listed: OfferListing) -> OfferShelf:
    """The shelf of somebody who has chosen nothing yet; most people's, when all order at once."""
    kept = _kept(listed)
    send_packed(kept.packed)
    return kept.untouched


def shelf(listed: OfferListing, form: Form, shown: Collection[int]) -> OfferShelf:
    """The shelf with what a form holds; offers not in `shown` are hidden, and sent along all the same."""
    kept, macros = _kept(listed), _macros()
    rows: dict[int, Markup] = {}
    for offer in listed.offers:
        qty, is_shown = f"qty_{offer.id}", offer.id in shown
        is_plain = is_shown and (str(form.value(qty, 0)).strip() or "0") == "0" and not form.errors_for(qty)
        if is_plain:
            rows[offer.id] = (kept.ticked if form.value(f"sub_{offer.id}", "") else kept.unticked)[offer.id]
        else:
            rows[offer.id] = macros.row(form, offer, listed.words[offer.id], is_shown)
    return OfferShelf(kept.untouched.categories, macros.shelf(kept.sections, rows, shown))


_making = threading.Lock()


def _kept(listed: OfferListing) -> _KeptShelf:
    locale = get_locale()
    language = locale.language if locale else ""
    kept = listed.pages.get(language)
    if not isinstance(kept, _KeptShelf):
        end_read()  # a second or two of 250 rows, for which nobody shall hold a snapshot
        with _making:  # the other threads would do the same at the same time, each of them for as long as all together
            kept = listed.pages.get(language)
            if not isinstance(kept, _KeptShelf):
                listed.pages[language] = kept = _made(listed)
    return kept


def _made(listed: OfferListing) -> _KeptShelf:
    macros, shown = _macros(), listed.by_id.keys()
    grouped = sections(listed.offers, _("套餐"), _("其他"))
    ticked, unticked = (
        {offer.id: macros.row(Form(initial=typed), offer, listed.words[offer.id], True) for offer in listed.offers}
        for typed in (as_typed(None, listed.offers), {})
    )
    whole = OfferShelf(macros.categories(grouped), macros.shelf(grouped, ticked, shown))
    return _KeptShelf(grouped, whole, PackedPart.of(str(whole.rows)), ticked, unticked)


def _macros() -> Any:
    return current_app.jinja_env.get_template(TEMPLATE).module
