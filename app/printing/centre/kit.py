"""The degraded kit: the whole day in one file with a cover that lists it, and blank forms at the end."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask_babel import gettext as _

from app.core.db import db
from app.core.jobs import Running, handles
from app.core.log import seals
from app.ordering.models import Cycle
from app.printing import files, register
from app.printing.centre.jobs import Order, print_sheets, render_and_keep, stamp_of
from app.printing.content import content_hash
from app.printing.contexts.ground import Ground, Subject, load_ground
from app.printing.kinds import by_key
from app.printing.models import Document, DocumentState
from app.printing.numbers import SheetNumber
from app.printing.pdf.merge import extract
from app.printing.register import NewVersion
from app.printing.renderer.engine import PageSpan
from app.printing.service import Entered, record_versions, watermark
from app.printing.sheet import Printout, Totals
from app.printing.sheets.kit import KitCover, KitEntry, blank_forms, drop_off_bags
from app.printing.sheets.residents.order_form_context import form_items

KIT_JOB_KIND = "print_kit"
_KIND = "kit_cover"


@handles(KIT_JOB_KIND)
def run_kit_job(running: Running) -> dict[str, Any]:
    """Bring every sheet of the day up to date, then bind them with a cover and blank forms."""
    order = Order.of(running.payload)
    outcome = print_sheets(running, order)
    said = {**dataclasses.asdict(outcome), "missing": "".join(outcome.missing_glyphs)}
    return _bind(running, order, said)


def _current(order: Order) -> list[Document]:
    place = {kind: at for at, kind in enumerate(order.kinds)}
    latest = register.latest_versions(order.cycle_id, order.wave, order.kinds).values()
    current = [row for row in latest if row.state != DocumentState.SUPERSEDED and files.is_there(row.sha256)]
    return sorted(current, key=lambda row: (place[row.kind], row.sha256, row.first_page))


def _cover(ground: Ground, documents: list[Document]) -> KitCover:
    entries = tuple(
        KitEntry(row.kind, by_key()[row.kind].label_zh, row.label, row.number, row.totals.get("bags", 0))
        for row in documents
    )
    total = Totals(lines=len(entries), bags=drop_off_bags(entries))
    return KitCover(ground.head(has_wave=True), total, entries, ground.help_phone)


def _seals(cycle_id: int) -> tuple[str, ...]:
    heads = seals.heads_of(db.session.get_one(Cycle, cycle_id).subdistrict_id)
    return tuple(f"{chain}/{head.number} {head.sha256[:16]}" for chain, head in heads.items() if head.number)


def _bind(running: Running, order: Order, said: dict[str, Any]) -> dict[str, Any]:
    """Render cover and blank forms, put everything into one file and enter it; `said` with its pages is the result."""
    seals.seal_waiting()
    event_id, ground, documents = watermark(order.cycle_id), load_ground(order.cycle_id, order.wave), _current(order)
    cover = _cover(ground, documents)
    digest = content_hash(cover)
    known = register.latest_versions(order.cycle_id, order.wave, [_KIND]).get((_KIND, "cycle", order.cycle_id))
    if known is not None and register.is_ready(known, digest):
        return {**said, "pages": known.pages}
    number = SheetNumber(_KIND, order.cycle_id, order.wave, order.cycle_id, known.revision + 1 if known else 1)
    blanks = blank_forms(cover, form_items(ground), tuple(b.name for b in ground.in_order(ground.buildings)[:30]))
    printouts = [Printout(cover, dataclasses.replace(stamp_of(order, number), seals=_seals(order.cycle_id)))]
    for blank in blanks:
        own = SheetNumber(blank.kind, order.cycle_id, order.wave, 0, number.revision)
        printouts.append(Printout(blank, dataclasses.replace(stamp_of(order, own), replaces=0)))
    rendered, frame = render_and_keep(running, printouts)
    opened = {sha256: files.opened(sha256) for sha256 in {frame, *(row.sha256 for row in documents)}}
    front, *back = [(opened[frame], span.first, span.pages) for span in rendered.spans]
    middle = [(opened[row.sha256], row.first_page, row.pages) for row in documents]
    bound = files.working_file(running.job_id, "kit")
    running.progress(len(printouts), len(printouts), _("正在装订"))
    extract([front, *middle, *back], bound)
    pages = sum(count for _path, _first, count in (front, *middle, *back))
    sha256 = files.store_file(bound)
    files.forget(frame)
    version = NewVersion(_KIND, Subject("cycle", order.cycle_id, ground.cycle), number, digest, [], cover.control)
    entry = (order.cycle_id, sha256, [Entered(version, PageSpan(1, pages))], event_id)
    running.finish_with(record_versions, lambda _none: {**said, "pages": pages}, *entry)
    return {**said, "pages": pages}
