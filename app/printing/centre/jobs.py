"""The print job: prepare, leave out what is printed already, render the rest, put it on disk, enter it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.core import clock
from app.core.db import end_read
from app.core.errors import Conflict
from app.core.jobs import Running, handles
from app.printing import files, register
from app.printing.centre.print_scope import Subjects
from app.printing.changes import mark_changes, row_names
from app.printing.content import content_hash
from app.printing.contexts.builder import LabelsUsed, SheetBuilder, public_url
from app.printing.contexts.ground import Prepared
from app.printing.kinds import by_key, wave_of
from app.printing.limits import ForbiddenFetch, RenderCancelled, RenderLimits, RenderTooLarge
from app.printing.models import Document
from app.printing.numbers import SheetNumber
from app.printing.register import NewVersion
from app.printing.renderer.engine import Rendered, render_to_file
from app.printing.service import Entered, confirm_checked, record_versions, retire, watermark
from app.printing.sheet import ControlTotalMismatch, Printout, Sheet, Stamp
from app.settings import Settings

JOB_KIND = "print"
QUICK_JOB_KIND = "print_quick"  # one of worker.QUICK
_TRIES = 2  # somebody may write between two statements of a preparation
_SHEETS_A_WORD = 300  # compared with the last version in about a third of a second; then a word of progress


@dataclass(frozen=True)
class Order:
    """What a print job was asked for; `at` is the instant of asking, printed on the sheets, so that a second run of
    the same job makes the same bytes."""

    cycle_id: int
    wave: int
    kinds: tuple[str, ...]
    point_id: int | None
    stock: str
    start: int
    at: datetime
    subjects: Subjects | None = None  # None: all
    buildings: tuple[int, ...] | None = None  # whose bags are read; None: all

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Order:
        """Read the payload of a job."""
        return cls(
            cycle_id=payload["cycle_id"],
            wave=payload["wave"],
            kinds=tuple(payload["kinds"]),
            point_id=payload["point_id"],
            stock=payload["stock"],
            start=payload.get("start", 0),
            at=datetime.fromisoformat(payload["at"]),
            subjects=payload.get("subjects"),
            buildings=None if payload.get("buildings") is None else tuple(payload["buildings"]),
        )

    def builder(self, on_progress: Callable[[], None]) -> SheetBuilder:
        """A fresh preparation of what was asked for."""
        used = LabelsUsed(self.start, self.point_id)
        builder = SheetBuilder(self.cycle_id, self.wave, self.stock, used, on_progress)
        own = self.buildings
        if own is None and self.point_id is not None:
            own = tuple(building.id for building in builder.ground.at_point(self.point_id))
        return builder.narrowed_to(own)

    def wants(self, subject_type: str, subject_id: int, point_id: int | None) -> bool:
        """Whether a sheet is among those asked for."""
        if self.subjects is not None:
            return subject_id in self.subjects.get(subject_type, ())
        return self.point_id in (None, point_id)

    @property
    def made_at(self) -> str:
        """The local time on the sheets."""
        return f"{clock.to_local(self.at):%m-%d %H:%M}"


@dataclass(frozen=True)
class PrintOutcome:
    """What a print run did."""

    ready: int
    printed: int
    pages: int
    missing_glyphs: tuple[str, ...]


def _settings() -> Settings:
    settings: Settings = current_app.extensions["louda_settings"]
    return settings


def quick_limits() -> RenderLimits:
    """The limits of a print that somebody waits for: the one process that is kept ready renders it."""
    return RenderLimits(processes=1, is_fast=_settings().is_print_fast)


def stamp_of(order: Order, number: SheetNumber) -> Stamp:
    """Return the stamp of a sheet: its code leads to its page."""
    return Stamp(number, order.made_at, f"{public_url()}/s/{number}", number.revision - 1)


@handles(JOB_KIND)
def run_print_job(running: Running) -> dict[str, Any]:
    """Print what was asked for. Safe to run again: content that is printed already is left out."""
    return _result(print_sheets(running, Order.of(running.payload), is_whole_job=True))


@handles(QUICK_JOB_KIND)
def run_quick_job(running: Running) -> dict[str, Any]:
    """Print a few sheets that somebody waits for; as `run_print_job`, in one process that is ready."""
    order = Order.of(running.payload)
    return _result(print_sheets(running, order, quick_limits(), is_whole_job=True))


def _result(outcome: PrintOutcome) -> dict[str, Any]:
    return {
        "ready": outcome.ready,
        "printed": outcome.printed,
        "pages": outcome.pages,
        "missing": "".join(outcome.missing_glyphs),
    }


def print_sheets(
    running: Running, order: Order, limits: RenderLimits | None = None, *, is_whole_job: bool = False
) -> PrintOutcome:
    """Bring all wished sheets up to date. `is_whole_job`: entering them ends the job, in the same transaction.

    Raises:
        Conflict: rows and totals keep disagreeing, or a sheet is refused by the renderer.
        RenderError: the renderer died or took too long; the job is tried again.
    """
    event_id = watermark(order.cycle_id)
    prepared = list(_prepare(running, order))
    latest = register.latest_versions(order.cycle_id, order.wave, order.kinds)
    ready, versions, printouts = [], [], []
    for at, (kind, one) in enumerate(prepared):
        if at % _SHEETS_A_WORD == 0:
            running.progress(len(order.kinds), len(order.kinds), _("正在排版"))
        known = latest.get((kind, one.subject.type, one.subject.id))
        digest = content_hash(one.sheet)
        if known is not None and register.is_ready(known, digest):
            ready.append(known.id)
            continue
        wave = wave_of(kind, order.wave)
        number = SheetNumber(kind, order.cycle_id, wave, one.subject.id, known.revision + 1 if known else 1)
        names = row_names(one.sheet)
        versions.append(NewVersion(kind, one.subject, number, digest, sorted(names), one.sheet.control, names))
        sheet: Sheet = mark_changes(one.sheet, known.row_hashes) if known else one.sheet
        printouts.append(Printout(sheet, stamp_of(order, number)))
    if ready:
        confirm_checked(ready, event_id)
    present = {(kind, one.subject.type, one.subject.id) for kind, one in prepared}
    gone = [row.id for key, row in latest.items() if key not in present and _is_asked(order, row)]
    if gone:
        retire(gone)
    if not printouts:
        return PrintOutcome(len(ready), 0, 0, ())
    rendered, sha256 = render_and_keep(running, printouts, limits)
    entered = [Entered(*one) for one in zip(versions, rendered.spans, rendered.boxes, strict=True)]
    outcome = PrintOutcome(len(ready), len(versions), rendered.pages, rendered.missing_glyphs)
    if is_whole_job:
        entry = (order.cycle_id, sha256, entered, event_id)
        running.finish_with(record_versions, lambda _none: _result(outcome), *entry)
    else:
        record_versions(order.cycle_id, sha256, entered, event_id)
        running.progress(len(versions), len(versions))
    return outcome


def _is_asked(order: Order, document: Document) -> bool:
    return order.wants(document.subject_type, document.subject_id, document.service_point_id)


def _prepare(running: Running, order: Order) -> Iterator[tuple[str, Prepared]]:
    done, kind = 0, order.kinds[0]

    def tell() -> None:
        running.progress(done, len(order.kinds), _("正在准备%(kind)s", kind=_(by_key()[kind].label_zh)))

    builder = order.builder(tell)
    for done, kind in enumerate(order.kinds):  # noqa: B007 - `tell` reads both
        tell()
        found, builder = _prepared(builder, order, kind, tell)
        for one in found:
            if order.wants(one.subject.type, one.subject.id, one.subject.service_point_id):
                yield kind, one


def _prepared(
    builder: SheetBuilder, order: Order, kind: str, tell: Callable[[], None]
) -> tuple[list[Prepared], SheetBuilder]:
    for _attempt in range(_TRIES):
        try:
            return list(builder.prepare(kind)), builder
        except ControlTotalMismatch:
            builder = order.builder(tell)
    raise Conflict(_("%(kind)s的合计与数据库不一致，没有打印。请稍后再试。", kind=_(by_key()[kind].label_zh)))


def _how_far(done: int, total: int, pages: int, seconds: float) -> str:
    """Pages so far, and how long the rest will take at the pace so far."""
    if not done or done >= total:
        return str(_("正在排版"))
    left = round(seconds / done * (total - done))
    if left < 60:
        return str(_("正在排版：已排 %(pages)s 页，约剩 %(seconds)s 秒", pages=pages, seconds=left))
    return str(_("正在排版：已排 %(pages)s 页，约剩 %(minutes)s 分钟", pages=pages, minutes=-(-left // 60)))


def render_and_keep(
    running: Running, printouts: list[Printout], limits: RenderLimits | None = None
) -> tuple[Rendered, str]:
    """Render into the documents folder, telling the progress; return what was rendered and the hash of the file."""

    began = time.monotonic()

    def progress(done: int, total: int, pages: int) -> None:
        running.progress(done, total, _how_far(done, total, pages, time.monotonic() - began))
        if running.is_cancelled():
            raise RenderCancelled("asked to stop")

    target = files.working_file(running.job_id)
    limits = limits or RenderLimits(is_fast=_settings().is_print_fast)
    end_read()
    try:
        rendered = render_to_file(printouts, target, limits, progress=progress, shelf=files.chunk_cache())
    except RenderCancelled as error:
        raise Conflict(_("已按要求停止打印，没有生成新的单据。")) from error
    except (ForbiddenFetch, RenderTooLarge) as error:
        raise Conflict(_("有单据超出排版限制，没有打印。")) from error
    return rendered, files.store_file(target)
