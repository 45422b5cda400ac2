"""Rendering many sheets: chunks on all cores in killable child processes, merged into one PDF."""

import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from app.printing.layout.geometry import Box
from app.printing.limits import RenderCancelled, RenderCrashed, RenderLimits
from app.printing.pdf.html import html_of
from app.printing.pdf.merge import merge
from app.printing.renderer.chunk_cache import Shelf
from app.printing.renderer.process import ChunkAnswer, RenderProcess
from app.printing.renderer.warm_pool import borrow, give_back
from app.printing.sheet import Printout

Progress = Callable[[int, int, int], None]
"""Called with (sheets done, sheets in all, pages done) at least every two seconds; raising in it stops the render."""

BEAT_SECONDS = 1.0
"""So often progress is told, however long one chunk takes: well within what `Progress` promises."""


@dataclass(frozen=True)
class PageSpan:
    """Where a sheet lies in the merged file: first page counts from 1."""

    first: int
    pages: int


@dataclass(frozen=True)
class Rendered:
    """A finished render: pages and boxes of each sheet in input order, and characters that no font has."""

    spans: tuple[PageSpan, ...]
    missing_glyphs: tuple[str, ...]
    boxes: tuple[tuple[Box, ...], ...] = ()

    @property
    def pages(self) -> int:
        """All pages of the file."""
        return sum(span.pages for span in self.spans)


@dataclass(frozen=True)
class _Chunk:
    printouts: tuple[Printout, ...]
    out: Path


class _Renderer:
    """Hands chunks to a fixed set of render processes, one thread each."""

    def __init__(self, limits: RenderLimits, shelf: Shelf | None) -> None:
        self._shelf = shelf
        self._processes = [borrow(limits) for _ in range(limits.processes)]
        self._free: SimpleQueue[RenderProcess] = SimpleQueue()
        for process in self._processes:
            self._free.put(process)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Kill all processes; chunks still waiting are not started."""
        self._stopped.set()
        for process in self._processes:
            process.stop()

    def release(self) -> None:
        """Let the processes wait for the next render; those that never started are nothing to keep."""
        for process in self._processes:
            give_back(process)

    def render(self, chunk: _Chunk) -> ChunkAnswer:
        """Take one chunk from the shelf, or render it and put it there."""
        if self._stopped.is_set():
            raise RenderCancelled("stopped")
        html = [html_of(printout) for printout in chunk.printouts]
        if self._shelf is None:
            return self._render(html, chunk.out)
        key = self._shelf.key(html)
        answer = self._shelf.take(key, chunk.out)
        if answer is None:
            answer = self._render(html, chunk.out)
            self._shelf.put(key, chunk.out, answer)
        return answer

    def _render(self, html: list[str], out: Path) -> ChunkAnswer:
        """Render; a process that dies is replaced and the chunk runs once more alone."""
        process = self._free.get()
        try:
            if self._stopped.is_set():
                raise RenderCancelled("stopped")
            try:
                return process.render(html, out)
            except RenderCrashed:
                if self._stopped.is_set():
                    raise RenderCancelled("stopped") from None
                return process.render(html, out)
        finally:
            self._free.put(process)


def _watch(futures: dict[Future[ChunkAnswer], _Chunk], progress: Progress, total: int) -> None:
    waiting, done, pages = set(futures), 0, 0
    progress(0, total, 0)
    while waiting:
        finished, waiting = wait(waiting, timeout=BEAT_SECONDS, return_when=FIRST_COMPLETED)
        for future in finished:
            pages += sum(future.result().pages)
            done += len(futures[future].printouts)
        progress(done, total, pages)


def _marked(futures: Iterable[Future[ChunkAnswer]]) -> set[int]:
    """The pages, from 1, of all sheets that have boxes."""
    found: set[int] = set()
    first = 1
    for answer in (future.result() for future in futures):
        for pages, boxes in zip(answer.pages, answer.boxes, strict=True):
            found |= set(range(first, first + pages)) if boxes else set()
            first += pages
    return found


def _coded(futures: Mapping[Future[ChunkAnswer], _Chunk]) -> dict[int, tuple[str, int]]:
    """Page of the file → number of its sheet and page within it, of the sheets that have a code on each page."""
    found: dict[int, tuple[str, int]] = {}
    first = 1
    for future, chunk in futures.items():
        for printout, pages in zip(chunk.printouts, future.result().pages, strict=True):
            if printout.sheet.has_page_codes:
                found |= {first + at: (str(printout.stamp.number), at + 1) for at in range(pages)}
            first += pages
    return found


def _pages(futures: Iterable[Future[ChunkAnswer]]) -> int:
    return sum(sum(future.result().pages) for future in futures)


def _weight(printout: Printout) -> float:
    """How much of a chunk a sheet takes: 1 for the paper and as much again for sixty rows."""
    control = printout.sheet.control
    return 1 + max(control.bags, control.lines) / 60


def _cut(printouts: Sequence[Printout], limits: RenderLimits, folder: Path) -> list[_Chunk]:
    # Small batches are still spread over all processes; a chunk under four sheets is not worth a process of its own.
    # Long sheets make short chunks, so that memory stays flat.
    fair = max(-(-len(printouts) // limits.processes), 4)
    chunks: list[list[Printout]] = []
    filled = limits.chunk + 1.0  # the first sheet opens the first chunk
    for printout in printouts:
        weight = _weight(printout)
        if filled + weight > limits.chunk + 1 or len(chunks[-1]) >= min(fair, limits.chunk):
            chunks.append([])
            filled = 0.0
        chunks[-1].append(printout)
        filled += weight
    return [_Chunk(tuple(chunk), folder / f"{at:06d}.pdf") for at, chunk in enumerate(chunks)]


def _no_progress(done: int, total: int, pages: int) -> None:
    """Nobody wants to know."""


def render_to_file(
    printouts: Sequence[Printout],
    path: Path,
    limits: RenderLimits | None = None,
    progress: Progress = _no_progress,
    shelf: Shelf | None = None,
) -> Rendered:
    """Render all sheets in order into one PDF at ``path`` (written whole, nothing is left behind on failure).

    Chunks that lie on the ``shelf`` are not rendered again.

    Raises:
        ValueError: no sheets.
        RenderError: a limit was passed, a forbidden address was asked for, or the process died twice.
    """
    if not printouts:
        raise ValueError("nothing to print")
    limits = limits or RenderLimits()
    with tempfile.TemporaryDirectory(prefix="louda-print-") as folder:
        chunks = _cut(printouts, limits, Path(folder))
        renderer = _Renderer(limits, shelf)
        with ThreadPoolExecutor(limits.processes) as pool:
            try:
                futures = {pool.submit(renderer.render, chunk): chunk for chunk in chunks}
                _watch(futures, progress, len(printouts))
                parts = [chunk.out for chunk in chunks]
                merging = pool.submit(merge, parts, path, _marked(futures), _coded(futures))
                while wait([merging], timeout=BEAT_SECONDS).not_done:
                    progress(len(printouts), len(printouts), _pages(futures))
                merging.result()
            except BaseException:
                renderer.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                path.unlink(missing_ok=True)
                raise
        renderer.release()
        results = [future.result() for future in futures]
    spans, first = [], 1
    for count in (count for answer in results for count in answer.pages):
        spans.append(PageSpan(first, count))
        first += count
    missing = sorted({character for answer in results for character in answer.missing})
    boxes = tuple(own for answer in results for own in answer.boxes)
    return Rendered(tuple(spans), tuple(missing), boxes)


def render(
    printouts: Sequence[Printout], limits: RenderLimits | None = None, progress: Progress = _no_progress
) -> tuple[bytes, Rendered]:
    """Render all sheets into one PDF in memory; see `render_to_file`."""
    with tempfile.TemporaryDirectory(prefix="louda-print-") as folder:
        path = Path(folder) / "sheets.pdf"
        rendered = render_to_file(printouts, path, limits, progress)
        return path.read_bytes(), rendered
